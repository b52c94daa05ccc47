import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { requestType } from '../../src/pdata/json/message-types.ts';

/** Requests as recorded, in order: each an ExportTraceServiceRequest as protobuf bytes. */
export interface Recording {
  readonly requests: readonly Uint8Array[];
  readonly spanCount: number;
}

/** Reads OTLP/JSON lines (`.jsonl.gz`, one request a line), as the Collector's file exporter writes them. */
export function loadRecording(path: string): Recording {
  const type = requestType('traces');
  let spanCount = 0;
  const requests = gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const request = JSON.parse(line, (key, value: unknown) => (ID_KEYS.has(key) ? hexToBytes(value) : value)) as JsonRequest;
      for (const { scopeSpans } of request.resourceSpans) {
        for (const { spans } of scopeSpans) spanCount += spans.length;
      }
      return type.encode(type.fromObject(request)).finish();
    });
  return { requests, spanCount };
}

interface JsonRequest {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly unknown[] }[] }[];
}

const ID_KEYS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

function hexToBytes(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw new Error(`an id must be a string of hex digits, not ${JSON.stringify(value)}`);
  return Buffer.from(value, 'hex');
}
