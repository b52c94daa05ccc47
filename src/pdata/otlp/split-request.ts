import { WireReader } from '../wire/wire-reader.ts';
import { varintSize, writeVarint } from '../wire/wire-write.ts';
import { countItem } from './count-items.ts';
import type { ExportRequest } from './export-request.ts';
import {
  DATA_POINT,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  REQUEST_RESOURCE,
  RESOURCE_SCOPE,
  SCOPE_ITEM,
} from './fields.ts';
import type { Signal } from './signal.ts';

/**
 * Joins requests of one signal into one: protobuf reads concatenated messages as one whose repeated fields are
 * concatenated, so the bytes are copied behind each other and nothing else. The result owns its memory.
 */
export function joinRequests(requests: readonly ExportRequest[]): ExportRequest {
  const first = requests[0];
  if (first === undefined) throw new RangeError('nothing to join');
  if (requests.length === 1 && first.retainable) return first;
  let size = 0;
  let itemCount = 0;
  for (const request of requests) {
    if (request.signal !== first.signal) throw new RangeError(`cannot join ${request.signal} with ${first.signal}`);
    size += request.bytes.length;
    itemCount += request.itemCount;
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const request of requests) {
    bytes.set(request.bytes, at);
    at += request.bytes.length;
  }
  return { signal: first.signal, bytes, itemCount, retainable: true, scan: undefined };
}

/**
 * Splits a request into several of at most `maxItems` items each, in order, each item under its own resource and scope.
 * A metric with more data points than that is split too, as the Collector does. Fields of the request itself that we do
 * not know go with the first piece. Throws WireError where the bytes are malformed.
 */
export function splitRequest(request: ExportRequest, maxItems: number): ExportRequest[] {
  if (maxItems < 1) throw new RangeError(`maxItems ${maxItems} must be 1 or more`);
  if (request.itemCount <= maxItems) return [request];
  const splitter = new Splitter(request.signal, request.bytes, maxItems);
  return splitter.split().map(({ chunks, itemCount }) => ({
    signal: request.signal,
    bytes: concatenated(chunks),
    itemCount,
    retainable: true,
    scan: undefined,
  }));
}

/** Bytes in pieces, to be joined once at the end. */
type Chunks = Uint8Array[];

interface Piece {
  readonly chunks: Chunks;
  readonly itemCount: number;
}

/** A message taken apart: its fields of one tag, and all other bytes in one piece. */
interface Parts {
  readonly children: { readonly field: number; readonly start: number; readonly end: number }[];
  readonly envelope: Uint8Array;
}

const METRIC_DATA: readonly number[] = [
  METRIC_GAUGE,
  METRIC_SUM,
  METRIC_HISTOGRAM,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_SUMMARY,
];

class Splitter {
  readonly #signal: Signal;
  readonly #bytes: Uint8Array;
  readonly #maxItems: number;
  readonly #pieces: Piece[] = [];

  /** The piece being filled, from the outside in: what is complete of it, of its resource, of its scope. */
  #request: Chunks = [];
  #resource: Chunks = [];
  #scope: Chunks = [];
  #itemCount = 0;
  /** Whether the open scope, the open resource have an item: those that have none are left out of the piece. */
  #scopeHasItems = false;
  #resourceHasItems = false;

  constructor(signal: Signal, bytes: Uint8Array, maxItems: number) {
    this.#signal = signal;
    this.#bytes = bytes;
    this.#maxItems = maxItems;
  }

  split(): readonly Piece[] {
    const request = this.#takeApart(0, this.#bytes.length, REQUEST_RESOURCE);
    this.#request = [request.envelope];
    for (const { start, end } of request.children) {
      const resource = this.#takeApart(start, end, RESOURCE_SCOPE);
      this.#resource = [resource.envelope];
      for (const { start: scopeStart, end: scopeEnd } of resource.children) {
        const scope = this.#takeApart(scopeStart, scopeEnd, SCOPE_ITEM);
        this.#scope = [scope.envelope];
        for (const item of scope.children) {
          const count = countItem(this.#signal, this.#bytes, item.start, item.end);
          this.#addItem(item, count, resource.envelope, scope.envelope);
        }
        this.#closeScope();
      }
      this.#closeResource();
    }
    this.#closePiece();
    return this.#pieces;
  }

  #addItem(item: { field: number; start: number; end: number }, count: number, resource: Uint8Array, scope: Uint8Array): void {
    if (this.#itemCount + count > this.#maxItems && this.#itemCount > 0) this.#nextPiece(resource, scope);
    if (count <= this.#maxItems) {
      this.#scope.push(this.#bytes.subarray(item.field, item.end));
      this.#scopeHasItems = true;
      this.#itemCount += count;
      return;
    }
    for (const part of this.#splitMetric(item.start, item.end)) {
      if (this.#itemCount > 0) this.#nextPiece(resource, scope);
      for (const chunk of delimited(SCOPE_ITEM, part.chunks)) this.#scope.push(chunk);
      this.#scopeHasItems = true;
      this.#itemCount += part.itemCount;
    }
  }

  #nextPiece(resource: Uint8Array, scope: Uint8Array): void {
    this.#closeScope();
    this.#closeResource();
    this.#closePiece();
    this.#resource = [resource];
    this.#scope = [scope];
  }

  #closeScope(): void {
    if (this.#scopeHasItems) {
      for (const chunk of delimited(RESOURCE_SCOPE, this.#scope)) this.#resource.push(chunk);
      this.#resourceHasItems = true;
    }
    this.#scope = [];
    this.#scopeHasItems = false;
  }

  #closeResource(): void {
    if (this.#resourceHasItems) {
      for (const chunk of delimited(REQUEST_RESOURCE, this.#resource)) this.#request.push(chunk);
    }
    this.#resource = [];
    this.#resourceHasItems = false;
  }

  #closePiece(): void {
    if (this.#request.some((chunk) => chunk.length > 0)) this.#pieces.push({ chunks: this.#request, itemCount: this.#itemCount });
    this.#request = [];
    this.#itemCount = 0;
  }

  /** One metric as several of at most `maxItems` data points each. */
  #splitMetric(start: number, end: number): Piece[] {
    const kind = METRIC_DATA.find((tag) => this.#takeApart(start, end, tag).children.length > 0);
    if (kind === undefined) throw new RangeError('a metric without data has no points to split');
    const metric = this.#takeApart(start, end, kind);
    const data = metric.children.map((child) => this.#takeApart(child.start, child.end, DATA_POINT));
    const points = data.flatMap(({ children }) => children);
    const envelope = data.map((parts) => parts.envelope);
    const pieces: Piece[] = [];
    for (let from = 0; from < points.length; from += this.#maxItems) {
      const some = points.slice(from, from + this.#maxItems);
      const content = [...envelope, ...some.map((point) => this.#bytes.subarray(point.field, point.end))];
      pieces.push({ chunks: [metric.envelope, ...delimited(kind, content)], itemCount: some.length });
    }
    return pieces;
  }

  #takeApart(start: number, end: number, wanted: number): Parts {
    const reader = new WireReader();
    reader.reset(this.#bytes, start);
    const children: Parts['children'] = [];
    const others: Chunks = [];
    let othersStart = start;
    while (reader.at < end) {
      const field = reader.at;
      const tag = reader.tag(end);
      if (tag !== wanted) {
        reader.skip(tag, end);
        continue;
      }
      if (field > othersStart) others.push(this.#bytes.subarray(othersStart, field));
      const stop = reader.delimited(end);
      children.push({ field, start: reader.at, end: stop });
      reader.at = stop;
      othersStart = stop;
    }
    if (end > othersStart) others.push(this.#bytes.subarray(othersStart, end));
    return { children, envelope: others.length === 1 ? others[0]! : concatenated(others) };
  }
}

/** The chunks as the content of a delimited field. */
function delimited(tag: number, content: Chunks): Chunks {
  let size = 0;
  for (const chunk of content) size += chunk.length;
  const head = new Uint8Array(1 + varintSize(size));
  head[0] = tag;
  writeVarint(head, 1, size);
  return [head, ...content];
}

function concatenated(chunks: Chunks): Uint8Array {
  let size = 0;
  for (const chunk of chunks) size += chunk.length;
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
