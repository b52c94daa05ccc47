import { seededRandom } from '../support/random.ts';

/** Random choices, the same for the same seed. */
export class Choice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A whole number from `least` to `most`. */
  int(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  of<T>(options: readonly T[]): T {
    const option = options[this.int(0, options.length - 1)];
    if (option === undefined) throw new Error('there is nothing to choose from');
    return option;
  }

  list<T>(least: number, most: number, make: () => T): readonly T[] {
    return Array.from({ length: this.int(least, most) }, make);
  }

  /** Each with the probability. */
  some<T>(options: readonly T[], probability: number): readonly T[] {
    return options.filter(() => this.chance(probability));
  }

  hex(bytes: number): string {
    return Array.from({ length: bytes }, () => this.int(0, 255).toString(16).padStart(2, '0')).join('');
  }
}
