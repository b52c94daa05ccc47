import { REQUEST_RESOURCE, RESOURCE_SCOPE } from '../../pdata/otlp/fields.ts';
import type { OwnedRanges, SpanScan } from '../../pdata/otlp/span-scan.ts';
import { varintSize, writeVarint } from '../../pdata/wire/wire-write.ts';

/**
 * The request without the spans whose ids are invalid (`scan.traceIdAt` is 0); all other bytes are the ones that came,
 * scopes and resources that are left without spans included. `scan` is that of `bytes`. Only for the rare sender that
 * mixes such spans with good ones.
 */
export function withoutInvalidSpans(bytes: Uint8Array, scan: SpanScan): Uint8Array {
  const scopes: Uint8Array[][] = Array.from({ length: scan.scopeCount }, (_, scope) => owned(bytes, scan.scopeRanges, scope));
  for (let span = 0; span < scan.spanCount; span++) {
    if (scan.traceIdAt[span] === 0) continue;
    scopes[scan.spanScope[span] ?? 0]?.push(bytes.subarray(scan.spanField[span], scan.spanEnd[span]));
  }
  const resources = Array.from({ length: scan.resourceCount }, (_, resource) => owned(bytes, scan.resourceRanges, resource));
  for (const [scope, content] of scopes.entries()) {
    resources[scan.scopeResource[scope] ?? 0]?.push(delimited(RESOURCE_SCOPE, content));
  }
  return Buffer.concat([...owned(bytes, scan.requestRanges, 0), ...resources.map((content) => delimited(REQUEST_RESOURCE, content))]);
}

function owned(bytes: Uint8Array, ranges: OwnedRanges, owner: number): Uint8Array[] {
  const { start, end } = ranges;
  const first = ranges.first[owner] ?? 0;
  const next = ranges.first[owner + 1] ?? first;
  return Array.from({ length: next - first }, (_, i) => bytes.subarray(start[first + i], end[first + i]));
}

/** A field: tag, length, content. */
function delimited(tag: number, content: readonly Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  const head = new Uint8Array(1 + varintSize(size));
  head[0] = tag;
  writeVarint(head, 1, size);
  return Buffer.concat([head, ...content]);
}
