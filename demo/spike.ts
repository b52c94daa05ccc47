import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../test/support/otlp.ts';
import { encodeRequest, span, tracesOf } from '../test/support/otlp.ts';
import { OtlpSender } from '../test/support/otlp-sender.ts';
import { seededRandom } from '../test/support/random.ts';
import type { SpanLedger } from './span-ledger.ts';
import { progress } from './terminal.ts';

/** Pages of a storefront that are asked for alike, but one of them so many times as often in the spike. */
export const PAGES = 20;
export const SPIKE_FACTOR = 20;
const REQUESTS_PER_SECOND = 10;
const SPANS = 3;
const TICK_MS = 50;
const BEFORE_MS = 2000;
const SPIKE_MS = 3000;
const AFTER_MS = 1000;

/** Spans a second. */
export const CALM_LOAD = PAGES * REQUESTS_PER_SECOND * SPANS;
export const SPIKE_LOAD = (PAGES - 1 + SPIKE_FACTOR) * REQUESTS_PER_SECOND * SPANS;

/** Synthetic traffic with a spike in the middle. */
export async function spikeTraffic(collector: string, ledger: SpanLedger): Promise<void> {
  const sender = new OtlpSender(collector);
  const random = seededRandom(2026);
  const startMs = performance.now();
  const durationMs = BEFORE_MS + SPIKE_MS + AFTER_MS;
  try {
    for (let atMs = 0; atMs < durationMs; atMs += TICK_MS) {
      await sleep(Math.max(0, startMs + atMs - performance.now()));
      const isSpike = atMs >= BEFORE_MS && atMs < BEFORE_MS + SPIKE_MS;
      const bytes = encodeRequest('traces', tracesOf(requestsOfTick(isSpike, random), 'storefront'));
      ledger.addRequest(bytes);
      await sender.send('traces', bytes);
      progress('storefront: seconds with a spike', Math.floor((atMs + TICK_MS) / 1000), durationMs / 1000);
    }
  } finally {
    sender.close();
  }
}

function requestsOfTick(isSpike: boolean, random: () => number): readonly JsonObject[] {
  const spans: JsonObject[] = [];
  for (let page = 0; page < PAGES; page++) {
    const expected = (REQUESTS_PER_SECOND * (isSpike && page === 0 ? SPIKE_FACTOR : 1) * TICK_MS) / 1000;
    const count = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
    for (let i = 0; i < count; i++) spans.push(...request(`GET /page-${page}`, random));
  }
  return spans;
}

function request(name: string, random: () => number): readonly JsonObject[] {
  const traceId = hex(16, random);
  const root = hex(8, random);
  const startMs = Date.now();
  const children = Array.from({ length: SPANS - 1 }, (_, i) =>
    span({ traceId, spanId: hex(8, random), parentSpanId: root, name: `render ${i}`, startMs, endMs: startMs + 5 }),
  );
  return [span({ traceId, spanId: root, name, startMs, endMs: startMs + 12 }), ...children];
}

function hex(bytes: number, random: () => number): string {
  return Array.from({ length: bytes }, () => Math.floor(random() * 256).toString(16).padStart(2, '0')).join('');
}
