/** Bytes that are no protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
  /** Where in the bytes the reading stopped. */
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(`${what} at byte ${offset}`);
    this.offset = offset;
  }
}
