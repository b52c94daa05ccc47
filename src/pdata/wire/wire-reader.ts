import { WireError } from './wire-error.ts';

/**
 * Wire types (https://protobuf.dev/programming-guides/encoding/#structure). A tag is `field number << 3 | wire type`.
 */
const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

/** How deep groups, which OTLP does not have, may be nested in fields we do not know; protobuf's own default limit. */
const MAX_GROUP_DEPTH = 100;

const NOTHING = new Uint8Array(0);

/**
 * Walks over a protobuf message. It holds a place in bytes that somebody else owns and hands out numbers only: offsets,
 * never views (a view a field costs more than all the rest, bench/scan). Every step is checked against the `end` of the
 * message it is in, so that no length reaches beyond its parent; a step that would throws WireError.
 */
export class WireReader {
  bytes: Uint8Array = NOTHING;
  /** The place of the next byte. */
  at = 0;

  reset(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.at = at;
  }

  /** The tag at the place, as the number it stands for: encodings longer than needed give the same. */
  tag(end: number): number {
    const at = this.at;
    if (at < end) {
      const byte = this.bytes[at]!;
      // One byte holds every field number below 16; 0–7 would be field 0, which does not exist.
      if (byte < 0x80 && byte > 7) {
        this.at = at + 1;
        return byte;
      }
    }
    return this.#longTag(end);
  }

  #longTag(end: number): number {
    const start = this.at;
    const tag = this.varint(end);
    if (tag >>> 3 === 0) throw new WireError('field number 0', start);
    return tag;
  }

  /**
   * A varint's low 32 bits, unsigned; what is above is read and left out, as protobuf does where it expects 32 bits.
   */
  varint(end: number): number {
    const bytes = this.bytes;
    let at = this.at;
    if (at < end) {
      const byte = bytes[at]!;
      if (byte < 0x80) {
        this.at = at + 1;
        return byte;
      }
    }
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw new WireError('varint cut short', at);
      const byte = bytes[at++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value >>> 0;
      }
    }
    throw new WireError('varint longer than 10 bytes', at);
  }

  /** Steps over a varint without reading it. */
  skipVarint(end: number): void {
    const start = this.at;
    const last = Math.min(end, start + 10);
    for (let at = start; at < last; ) {
      if (this.bytes[at++]! < 0x80) {
        this.at = at;
        return;
      }
    }
    throw new WireError(last === end ? 'varint cut short' : 'varint longer than 10 bytes', start);
  }

  /** Reads the length of a delimited field and returns where its content ends; the place is then where it begins. */
  delimited(end: number): number {
    const start = this.at;
    let length = 0;
    if (start < end && (length = this.bytes[start]!) < 0x80) this.at = start + 1;
    else length = this.#longLength(end);
    const stop = this.at + length;
    if (stop > end) throw new WireError(`length ${length} reaches beyond the message`, start);
    return stop;
  }

  #longLength(end: number): number {
    const bytes = this.bytes;
    let at = this.at;
    let length = 0;
    for (let scale = 1, i = 0; i < 10; i++, scale *= 128) {
      if (at >= end) throw new WireError('length cut short', at);
      const byte = bytes[at++]!;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at;
        return length;
      }
    }
    throw new WireError('length longer than 10 bytes', at);
  }

  /** Steps over `count` bytes of a fixed field and returns where they began. */
  fixed(count: number, end: number): number {
    const start = this.at;
    if (start + count > end) throw new WireError('fixed field cut short', start);
    this.at = start + count;
    return start;
  }

  /** Steps over the value that belongs to `tag`. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case DELIMITED:
        this.at = this.delimited(end);
        return;
      case VARINT:
        this.skipVarint(end);
        return;
      case FIXED64:
        this.fixed(8, end);
        return;
      case FIXED32:
        this.fixed(4, end);
        return;
      case START_GROUP:
        this.#skipGroup(tag >>> 3, end);
        return;
      default:
        throw new WireError(`wire type ${tag & 7} out of place`, this.at);
    }
  }

  #skipGroup(field: number, end: number): void {
    const open = [field];
    while (open.length > 0) {
      const start = this.at;
      const tag = this.tag(end);
      const kind = tag & 7;
      if (kind === START_GROUP) {
        if (open.length >= MAX_GROUP_DEPTH) throw new WireError(`groups nested deeper than ${MAX_GROUP_DEPTH}`, start);
        open.push(tag >>> 3);
      } else if (kind === END_GROUP) {
        if (open.pop() !== tag >>> 3) throw new WireError('group closed by another', start);
      } else {
        this.skip(tag, end);
      }
    }
  }
}
