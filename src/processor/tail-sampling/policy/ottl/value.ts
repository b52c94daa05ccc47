import type { Int64 } from './int64.ts';
import type { Duration, Time } from './time.ts';

/**
 * A value of OTTL. Its texts are the bytes that Go's strings are, one a UTF-16 unit (latin1), so that lengths, ranges and
 * order are those of bytes and nothing is lost that is no UTF-8. `nil` is undefined, an integer a number or bigint.
 */
export type Value = undefined | boolean | string | Int64 | Double | Bytes | Id | Duration | Time | OttlMap | OttlList | Opaque;

/** A floating-point number; a class of its own, since 1.0 is none of the integers. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export class Bytes {
  /** One byte a unit. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A trace id or a span id; it equals only another of its length. */
export class Id {
  /** One byte a unit: 16 or 8. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Where a map or list is from: attributes and map literals are data; list literals and what functions return are not. */
export type Origin = 'data' | 'plain';

export class OttlMap {
  readonly origin: Origin;
  /** As on the wire: a key may stand twice, the first counts. */
  readonly entries: readonly (readonly [key: string, value: Value])[];
  #first: Map<string, Value> | undefined;

  constructor(origin: Origin, entries: readonly (readonly [string, Value])[]) {
    this.origin = origin;
    this.entries = entries;
  }

  has(key: string): boolean {
    return this.#index().has(key);
  }

  get(key: string): Value {
    return this.#index().get(key);
  }

  #index(): ReadonlyMap<string, Value> {
    if (this.#first === undefined) {
      const first = new Map<string, Value>();
      for (const [key, value] of this.entries) if (!first.has(key)) first.set(key, value);
      this.#first = first;
    }
    return this.#first;
  }
}

export class OttlList {
  readonly origin: Origin;
  readonly items: readonly Value[];

  constructor(origin: Origin, items: readonly Value[]) {
    this.origin = origin;
    this.items = items;
  }
}

/** What conditions can count, or compare with itself, but not look into: a status, the links or events of a span. */
export class Opaque {
  readonly what: 'status' | 'links' | 'events';
  /** Undefined for what is no list. */
  readonly length: number | undefined;

  constructor(what: 'status' | 'links' | 'events', length?: number) {
    this.what = what;
    this.length = length;
  }
}

export const EMPTY_MAP = new OttlMap('data', []);

/** The byte text of a JavaScript string. */
export function byteText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The JavaScript string of a byte text; what is no UTF-8 becomes U+FFFD. */
export function unicodeText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'latin1').toString('utf8');
}

export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
