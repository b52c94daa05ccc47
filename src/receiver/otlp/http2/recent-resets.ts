/** Clients have seldom more requests under way, and one that is told again that a stream is over loses nothing. */
const MAX_STREAMS = 256;

/** The streams that we ended last, before the client did: what still comes of them is no mistake (RFC 9113, section 5.1). */
export class RecentResets {
  /** In the order in which they were ended. */
  readonly #streams = new Set<number>();

  add(stream: number): void {
    if (this.#streams.size === MAX_STREAMS) {
      for (const oldest of this.#streams) {
        this.#streams.delete(oldest);
        break;
      }
    }
    this.#streams.add(stream);
  }

  has(stream: number): boolean {
    return this.#streams.has(stream);
  }
}
