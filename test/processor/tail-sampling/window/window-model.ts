import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { scanTraces } from '../../../../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../../../src/pdata/otlp/span-scan.ts';
import { RequestRuns } from '../../../../src/processor/tail-sampling/window/request-runs.ts';
import { Splicer } from '../../../../src/processor/tail-sampling/window/splicer.ts';
import { NONE } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { Window, type WindowLimits } from '../../../../src/processor/tail-sampling/window/window.ts';
import { type MergedSpan, mergedSpans } from '../../../support/merged-traces.ts';
import { varint } from '../../../support/odd-protobuf.ts';
import { decodeRequest, hexOf } from '../../../support/otlp.ts';
import { HASH_KEY, hexOfId, traceIdAt } from './trace-ids.ts';

interface ModelSpan extends MergedSpan {
  readonly request: number;
  /** Bytes of the span as a field, tag and length included. */
  readonly fieldSize: number;
}

/**
 * A window, and beside it what has to be in it in the plainest form. Every trace that leaves is put together by the
 * splicer and held against what went in.
 */
export class WindowModel {
  readonly window: Window;
  /** Traces that had to leave to make room. */
  evictions = 0;
  evacuations = 0;
  /** Runs of several spans that were added. */
  runs = 0;
  readonly #maxBytes: number;
  readonly #splicer: Splicer;
  readonly #scan = new SpanScan();
  readonly #spans = new Map<string, ModelSpan[]>();
  #requests = 0;

  constructor(limits: WindowLimits) {
    this.window = new Window(limits, HASH_KEY);
    this.#maxBytes = limits.maxBytes;
    this.#splicer = new Splicer(this.window);
  }

  get traceIds(): readonly string[] {
    return [...this.#spans.keys()];
  }

  /** Adds a request as the processor does; false when it does not even fit into the empty window. */
  add(bytes: Uint8Array): boolean {
    const { window } = this;
    const scan = this.#scan;
    scanTraces(bytes, scan);
    const room = window.roomFor(bytes, scan);
    while (!window.hasRoom(room)) {
      if (window.evacuateIfSparse()) {
        this.evacuations++;
        this.check();
      } else if (window.traces.size > 0) {
        this.#evictOne();
      } else {
        return false;
      }
    }
    const request = this.#requests++;
    const merged = mergedSpans(Uint8Array.from(bytes));
    window.beginRequest(bytes, scan);
    const runs = new RequestRuns(window.newId());
    const traceId = window.newId();
    runs.read(bytes, scan);
    for (let run = 0; run < runs.count; run++) {
      runs.readId(run, traceId);
      let slot = window.traces.get(traceId);
      if (slot === NONE) {
        if (window.traces.isFull) this.#evictOne();
        slot = window.traces.add(traceId, request);
      }
      const [first, end] = [runs.first(run), runs.end(run)];
      window.addRun(slot, first, end);
      if (end - first > 1) this.runs++;
      for (let row = first; row < end; row++) {
        const span = { ...merged[row]!, request, fieldSize: scan.spanEnd[row]! - scan.spanField[row]! };
        const id = hexOf(span.traceId);
        this.#spans.set(id, [...(this.#spans.get(id) ?? []), span]);
      }
    }
    window.endRequest();
    // What the window keeps it has copied.
    bytes.fill(0xee);
    return true;
  }

  release(id: string): void {
    const slot = this.window.traces.get(traceIdAt(this.window, Buffer.from(id, 'hex'), 0));
    assert(slot !== NONE, `trace ${id} is not in the window`);
    this.#checkSpliced(slot, this.#spans.get(id)!);
    this.window.release(slot);
    this.#spans.delete(id);
  }

  evacuate(): void {
    if (this.window.evacuateIfSparse()) this.evacuations++;
  }

  /** Whether what the window says of itself is what was put in and not taken out. */
  check(): void {
    const { spans, traces, arena, envelopes } = this.window;
    const all = [...this.#spans.values()].flat();
    assert.equal(spans.count, all.length);
    assert.equal(traces.size, this.#spans.size);
    assert(arena.allocatedBytes <= this.#maxBytes);
    assert(arena.aliveBytes <= arena.allocatedBytes);
    assert(arena.aliveBytes >= all.reduce((sum, { fieldSize }) => sum + fieldSize, 0));
    if (all.length === 0) assert.deepEqual([arena.aliveBytes, envelopes.count], [0, 0]);
  }

  #evictOne(): void {
    const [slot] = this.window.traces.leastRecent(1);
    const id = this.window.newId();
    this.window.traces.readId(slot!, id);
    this.window.flush();
    this.release(hexOfId(id));
    this.evictions++;
  }

  #checkSpliced(slot: number, expected: readonly ModelSpan[]): void {
    const size = this.#splicer.measure(slot);
    const out = Buffer.alloc(size + 8, 0xaa);
    assert.equal(this.#splicer.write(slot, out, 4), 4 + size);
    const spliced = out.subarray(4, 4 + size);
    assert.equal(hexOf(out).slice(0, 8) + hexOf(out).slice(-8), 'a'.repeat(16));
    assert.deepEqual(mergedSpans(spliced).map(essence), expected.map(essence));
    // protobufjs reads it, and fields of the request itself come along once a request.
    decodeRequest('traces', spliced);
    const requests = expected.filter(({ request }, index) => request !== expected[index - 1]?.request);
    assert.equal(mergedSpans(spliced)[0]?.requestRest ?? '', requests.map(({ requestRest }) => requestRest).join(''));
  }
}

/** Short, so that a difference can be read. */
function essence({ bytes, scopeRest, resourceRest }: MergedSpan): readonly string[] {
  return [hexOf(bytes), scopeRest, resourceRest].map((text) => `${text.length / 2}:${createHash('sha1').update(text).digest('hex').slice(0, 8)}`);
}

/** A field that no message of OTLP has, with `size` bytes of content. */
export function ballast(size: number): Uint8Array {
  return Buffer.concat([varint(8002n), varint(BigInt(size)), Buffer.alloc(size, size & 0xff)]);
}
