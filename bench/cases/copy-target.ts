const TARGET_BYTES = 64 << 20;

/** Where the yardstick of all cases, a plain copy of each request, goes: forward through memory that no cache holds. */
export class CopyTarget {
  readonly #bytes = Buffer.allocUnsafeSlow(TARGET_BYTES).fill(0);
  #at = 0;

  take(bytes: Uint8Array): void {
    if (this.#at + bytes.length > TARGET_BYTES) this.#at = 0;
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}
