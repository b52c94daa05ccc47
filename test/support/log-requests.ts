import protobuf from 'protobufjs';
import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';

/** The part of OTLP logs that tests of passing on need, in protobufjs' own hands: items can be told apart by their time. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceLogs resource_logs = 1; }
  message ResourceLogs { repeated ScopeLogs scope_logs = 2; }
  message ScopeLogs { repeated LogRecord log_records = 2; }
  message LogRecord { fixed64 time_unix_nano = 1; }
`);
const Request = root.lookupType('Request');

interface DecodedRequest {
  readonly resourceLogs?: { readonly scopeLogs?: { readonly logRecords?: { readonly timeUnixNano: number }[] }[] }[];
}

/** A logs request whose records carry the numbers `first`, `first + 1`, …; as from a socket, its bytes are lent. */
export function logsRequest(first: number, itemCount: number): ExportRequest {
  const logRecords = Array.from({ length: itemCount }, (_, i) => ({ timeUnixNano: first + i }));
  const bytes = Request.encode({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }).finish();
  return { signal: 'logs', bytes, itemCount, retainable: false, scan: undefined };
}

/** The numbers of a request's records, in order. */
export function recordNumbers(request: ExportRequest): number[] {
  const decoded = Request.toObject(Request.decode(request.bytes), { longs: Number }) as DecodedRequest;
  return (decoded.resourceLogs ?? []).flatMap(({ scopeLogs = [] }) =>
    scopeLogs.flatMap(({ logRecords = [] }) => logRecords.map(({ timeUnixNano }) => timeUnixNano)),
  );
}
