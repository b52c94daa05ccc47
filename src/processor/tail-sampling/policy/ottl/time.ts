import { add, type Int64, int64, subtract } from './int64.ts';

const NS_PER_S = 1_000_000_000;
const MAX_NS = 2n ** 63n - 1n;
const MIN_NS = -(2n ** 63n);

/** Seconds up to which their nanoseconds fit 53 bits. */
const EXACT_S = 9_000_000;

/** 2³² nanoseconds as whole milliseconds and the rest. */
const HIGH_MS = 4294;
const HIGH_REST_NS = 967_296;

/** Nanoseconds, in 64 bits. */
export class Duration {
  readonly ns: Int64;

  constructor(ns: Int64) {
    this.ns = ns;
  }

  plus(other: Duration): Duration {
    return new Duration(add(this.ns, other.ns));
  }

  minus(other: Duration): Duration {
    return new Duration(subtract(this.ns, other.ns));
  }

  /** How many units of so many nanoseconds, with their fraction, rounded as Go does: whole units and the rest apart. */
  in(unitNs: number): number {
    if (typeof this.ns === 'number') return Math.trunc(this.ns / unitNs) + (this.ns % unitNs) / unitNs;
    const unit = BigInt(unitNs);
    return Number(this.ns / unit) + Number(this.ns % unit) / unitNs;
  }

  /** How many whole units of so many nanoseconds, rounded towards zero. */
  whole(unitNs: number): Int64 {
    return typeof this.ns === 'number' ? Math.trunc(this.ns / unitNs) + 0 : int64(this.ns / BigInt(unitNs));
  }
}

/** A point in time, without a time zone. */
export class Time {
  /** Since 1970. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanos: number;

  constructor(seconds: number, nanos: number) {
    this.seconds = seconds;
    this.nanos = nanos;
  }

  /** From nanoseconds since 1970 in two's complement: the upper 32 bits signed, the lower unsigned. */
  static ofHalves(hi: number, lo: number): Time {
    const restNs = hi * HIGH_REST_NS + lo;
    const ms = hi * HIGH_MS + Math.floor(restNs / 1_000_000);
    const seconds = Math.floor(ms / 1000);
    return new Time(seconds, (ms - seconds * 1000) * 1_000_000 + (restNs - Math.floor(restNs / 1_000_000) * 1_000_000));
  }

  /** Nanoseconds since 1970, wrapped to 64 bits. */
  unixNano(): Int64 {
    return int64(this.#ns());
  }

  /** Whole units since 1970, so many of them a second, rounded down. */
  unix(perSecond: number): Int64 {
    return int64(BigInt(this.seconds) * BigInt(perSecond) + BigInt(Math.floor(this.nanos / (NS_PER_S / perSecond))));
  }

  /** The time between, at most what a duration can be. */
  minus(other: Time): Duration {
    const seconds = this.seconds - other.seconds;
    const nanos = this.nanos - other.nanos;
    if (Math.abs(seconds) < EXACT_S) return new Duration(seconds * NS_PER_S + nanos);
    const ns = BigInt(seconds) * BigInt(NS_PER_S) + BigInt(nanos);
    return new Duration(int64(ns > MAX_NS ? MAX_NS : ns < MIN_NS ? MIN_NS : ns));
  }

  plus(duration: Duration): Time {
    return Time.#ofNs(this.#ns() + BigInt(duration.ns));
  }

  minusDuration(duration: Duration): Time {
    return Time.#ofNs(this.#ns() - BigInt(duration.ns));
  }

  /** Negative, 0 or positive as this is before, at or after the other. */
  compare(other: Time): number {
    return this.seconds - other.seconds || this.nanos - other.nanos;
  }

  #ns(): bigint {
    return BigInt(this.seconds) * BigInt(NS_PER_S) + BigInt(this.nanos);
  }

  static #ofNs(ns: bigint): Time {
    const unit = BigInt(NS_PER_S);
    const nanos = ((ns % unit) + unit) % unit;
    return new Time(Number((ns - nanos) / unit), Number(nanos));
  }
}

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1000,
  'µs': 1000,
  'μs': 1000,
  ms: 1_000_000,
  s: NS_PER_S,
  m: 60 * NS_PER_S,
  h: 3600 * NS_PER_S,
};

const DURATION = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const PART = /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g;

/** Nobody writes longer ones, and long numbers cost more than their length. */
const MAX_DURATION_LENGTH = 256;
/** Digits after the point that Go looks at. */
const FRACTION_DIGITS = 18;

/** A duration as Go writes it (`1h30m`, `-1.5s`); undefined where `text` is none. https://pkg.go.dev/time#ParseDuration */
export function parseDuration(text: string): Duration | undefined {
  if (text.length > MAX_DURATION_LENGTH || !DURATION.test(text)) return undefined;
  let ns = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(PART)) {
    const unitNs = UNIT_NS[unit] ?? 0;
    const digits = fraction.slice(0, FRACTION_DIGITS);
    ns += BigInt(whole) * BigInt(unitNs) + BigInt(Math.trunc(Number(digits) * (unitNs / 10 ** digits.length)));
  }
  if (text.startsWith('-')) ns = -ns;
  return ns > MAX_NS || ns < MIN_NS ? undefined : new Duration(int64(ns));
}
