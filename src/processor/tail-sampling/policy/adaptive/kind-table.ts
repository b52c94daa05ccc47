import { Kind, OTHER } from './kind.ts';

/** The kinds of traffic there are of late, no more than so many and the one that the rest shares. */
export class KindTable {
  readonly #kinds = new Map<string, Kind>();
  readonly #maxKinds: number;

  constructor(maxKinds: number) {
    this.#maxKinds = maxKinds;
  }

  get all(): readonly Kind[] {
    return [...this.#kinds.values()];
  }

  /** The kind of this name; a new one, or the rest's if that must be new, begins at `startRate`. */
  find(name: string, startRate: number): Kind {
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    const named = this.#kinds.size - (this.#kinds.has(OTHER) ? 1 : 0);
    if (named >= this.#maxKinds && name !== OTHER) return this.find(OTHER, startRate);
    const kind = new Kind(name, startRate);
    this.#kinds.set(name, kind);
    return kind;
  }

  removeIdle(atMs: number): void {
    for (const [name, kind] of this.#kinds) if (kind.came.isIdle(atMs)) this.#kinds.delete(name);
  }
}
