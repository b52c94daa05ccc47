import fc from 'fast-check';
import type { Bytes } from './odd-protobuf.ts';
import { delimitedField, fixed64Field, message, textField, upTo } from './odd-protobuf.ts';

/** Requests of metrics and logs as odd as those of `odd-traces.ts`; each item has a number of its own in a fixed64 field. */
const stamp = fc.bigInt({ min: 1n, max: 2n ** 60n });

/** NumberDataPoint and its like have time_unix_nano = 3, LogRecord has it as 1. */
const dataPoint: Bytes = message(upTo(1, fixed64Field(3, stamp), 1));
const logRecord: Bytes = message(upTo(1, fixed64Field(1, stamp), 1));

/** gauge, sum, histogram, exponential_histogram, summary. */
const DATA_FIELDS = [5, 7, 9, 10, 11] as const;

const metric: Bytes = fc.constantFrom(...DATA_FIELDS).chain((number) =>
  message(upTo(1, textField(1, fc.constantFrom('load', 'size'))), upTo(1, delimitedField(number, message(upTo(7, delimitedField(1, dataPoint)))))),
);

export function requestOf(signal: 'metrics' | 'logs'): Bytes {
  const item = signal === 'metrics' ? metric : logRecord;
  const scope = message(upTo(1, delimitedField(1, message(upTo(1, textField(1, fc.constant('lib')))))), upTo(5, delimitedField(2, item)));
  const resource = message(upTo(1, delimitedField(1, message())), upTo(3, delimitedField(2, scope)), upTo(1, textField(3, fc.constant('https://s'))));
  return message(upTo(3, delimitedField(1, resource)));
}

export const metricsRequest: Bytes = requestOf('metrics');
