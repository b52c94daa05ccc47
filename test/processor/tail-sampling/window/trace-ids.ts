import { type HashKey, TraceId } from '../../../../src/processor/tail-sampling/window/trace-id.ts';
import type { Window } from '../../../../src/processor/tail-sampling/window/window.ts';

export const HASH_KEY: HashKey = { k0: 0x0123_4567, k1: 0x89ab_cdef | 0 };

/** The id at a place in a request, for the tables of a window. */
export function traceIdAt(window: Window, bytes: Uint8Array, at: number): TraceId {
  const id = window.newId();
  id.read(bytes, at);
  return id;
}

/** The id of 32 hex digits. */
export function traceIdOf(hex: string, key = HASH_KEY): TraceId {
  const id = new TraceId(key);
  id.read(Buffer.from(hex, 'hex'), 0);
  return id;
}

/** The id that ends with a number. */
export function numberedId(number: number, key = HASH_KEY): TraceId {
  return traceIdOf(number.toString(16).padStart(32, '0'), key);
}

/** The id whose words of 32 bits are these. */
export function idOfWords(words: readonly number[], key = HASH_KEY): TraceId {
  return traceIdOf(words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(''), key);
}

/** 32 hex digits. */
export function hexOfId({ a, b, c, d }: TraceId): string {
  return [a, b, c, d].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
