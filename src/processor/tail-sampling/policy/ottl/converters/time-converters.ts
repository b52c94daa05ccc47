import { duration, integer, text, time } from '../coercion.ts';
import { type Converter, converter, optional, parameter } from '../converter.ts';
import type { Int64 } from '../int64.ts';
import { ConditionError } from '../ottl-error.ts';
import { Duration, parseDuration, Time } from '../time.ts';
import { Double, unicodeText } from '../value.ts';

const target = parameter('duration', duration);
const point = parameter('time', time);

/** Durations and points in time. */
export const TIME_CONVERTERS: Readonly<Record<string, Converter>> = {
  Duration: converter([parameter('duration', text)], durationOf),
  Nanoseconds: converter([target], ({ ns }) => ns),
  Microseconds: converter([target], (value) => value.whole(1e3)),
  Milliseconds: converter([target], (value) => value.whole(1e6)),
  Seconds: converter([target], (value) => new Double(value.in(1e9))),
  Minutes: converter([target], (value) => new Double(value.in(60e9))),
  Hours: converter([target], (value) => new Double(value.in(3600e9))),
  Unix: converter([parameter('seconds', integer), optional(parameter('nanoseconds', integer), 0)], timeOf),
  UnixNano: converter([point], (value) => value.unixNano()),
  UnixMicro: converter([point], (value) => value.unix(1e6)),
  UnixMilli: converter([point], (value) => value.unix(1e3)),
  UnixSeconds: converter([point], (value) => value.unix(1)),
};

const noDuration = new ConditionError('Duration takes a duration with units, as "1h30m" or "500ms"');

function durationOf(source: string): Duration {
  const parsed = parseDuration(unicodeText(source));
  if (parsed === undefined) throw noDuration;
  return parsed;
}

const tooFar = new ConditionError('Unix takes seconds that fit 53 bits');

function timeOf(seconds: Int64, nanoseconds: Int64): Time {
  if (typeof seconds !== 'number') throw tooFar;
  return new Time(seconds, 0).plus(new Duration(nanoseconds));
}
