import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { REQUEST_RESOURCE, RESOURCE_SCOPE, SCOPE_ITEM } from '../../pdata/otlp/fields.ts';
import { WireReader } from '../../pdata/wire/wire-reader.ts';

export interface Summary {
  readonly title: string;
  readonly fields: Readonly<Record<string, number>>;
}

/** The one line that every verbosity starts with, counted on the bytes: `basic` decodes nothing. */
export function summaryOf({ signal, bytes, itemCount }: ExportRequest): Summary {
  switch (signal) {
    case 'traces':
      return { title: 'Traces', fields: { 'resource spans': countNested(bytes, [REQUEST_RESOURCE]), spans: itemCount } };
    case 'metrics':
      return {
        title: 'Metrics',
        fields: {
          'resource metrics': countNested(bytes, [REQUEST_RESOURCE]),
          metrics: countNested(bytes, [REQUEST_RESOURCE, RESOURCE_SCOPE, SCOPE_ITEM]),
          'data points': itemCount,
        },
      };
    case 'logs':
      return { title: 'Logs', fields: { 'resource logs': countNested(bytes, [REQUEST_RESOURCE]), 'log records': itemCount } };
  }
}

/** How many messages there are at the end of a path of tags. */
function countNested(bytes: Uint8Array, path: readonly number[]): number {
  const reader = new WireReader();
  reader.reset(bytes, 0);
  return countWithin(reader, bytes.length, path);
}

function countWithin(reader: WireReader, end: number, [wanted, ...rest]: readonly number[]): number {
  let count = 0;
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag !== wanted) {
      reader.skip(tag, end);
      continue;
    }
    const stop = reader.delimited(end);
    count += rest.length === 0 ? 1 : countWithin(reader, stop, rest);
    reader.at = stop;
  }
  return count;
}
