/**
 * First in, first out, without moving what waits: a ring that doubles when it is full.
 *
 * ```
 *  [ 5 6 _ _ 3 4 ]      head = 4, length = 4
 *        ^tail ^head
 * ```
 */
export class RingQueue<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = value;
    this.#length++;
  }

  /** The oldest value, left where it is; undefined when empty. */
  peek(): T | undefined {
    return this.#slots[this.#head];
  }

  /** Takes the oldest value; undefined when empty. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    return value;
  }

  #grow(): void {
    const slots = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    slots.length *= 2;
    this.#slots = slots;
    this.#head = 0;
  }
}
