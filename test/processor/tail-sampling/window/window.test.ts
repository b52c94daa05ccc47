import { TRIM_STEPS } from '../../../../src/processor/tail-sampling/window/arena.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { delimited, message, upTo } from '../../../support/odd-protobuf.ts';
import { spanMessage, traceIdBytes, tracesRequest } from '../../../support/odd-traces.ts';
import { holds } from '../../../support/property.ts';
import { ballast, WindowModel } from './window-model.ts';

/** Segments of 16 KiB: a few dozen spans fill one. */
const SMALL_BYTES = 8 * 16_384;

interface Command {
  readonly kind: 'add' | 'churn' | 'release' | 'evacuate' | 'trim';
  readonly request: Uint8Array;
  /** Which of the traces in the window. */
  readonly pick: number;
}

/** A request with `spans` of one size each, in one scope, so that segments fill. */
function requestOf(spans: readonly { trace: number; size: number }[]): Uint8Array {
  const items = spans.map(({ trace, size }) => delimited(2, Buffer.concat([delimited(1, traceIdBytes(trace)), ballast(size)])));
  const scope = Buffer.concat([delimited(1, delimited(1, Buffer.from('lib'))), ...items]);
  return delimited(1, Buffer.concat([delimited(1, ballast(40)), delimited(2, scope), delimited(3, Buffer.from('https://s'))]));
}

/** A trace that leaves with the command that brings it. */
const BRIEF = 99;

/** Traces 0 to 5 are those of odd requests; more so that some stay while others go. */
const trace = fc.integer({ min: 0, max: 11 });
const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }) },
  { weight: 3, arbitrary: fc.integer({ min: 400, max: 9000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 16_300, max: 30_000 }) },
);

/** As senders batch: the spans of a trace one behind the other, in runs shorter and longer than a row takes. */
const batched = fc
  .array(fc.record({ trace, sizes: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 20 }) }), { minLength: 1, maxLength: 4 })
  .map((traces) => requestOf(traces.flatMap((one) => one.sizes.map((bytes) => ({ trace: one.trace, size: bytes })))));

const request = fc.oneof(
  { weight: 2, arbitrary: batched },
  { weight: 3, arbitrary: fc.array(fc.record({ trace, size }), { minLength: 1, maxLength: 12 }).map(requestOf) },
  { weight: 2, arbitrary: tracesRequest },
);

const command: fc.Arbitrary<Command> = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('add' as const) },
    { weight: 12, arbitrary: fc.constant('churn' as const) },
    { weight: 5, arbitrary: fc.constant('release' as const) },
    { weight: 1, arbitrary: fc.constant('evacuate' as const) },
    { weight: 1, arbitrary: fc.constant('trim' as const) },
  ),
  request,
  pick: fc.nat(),
});

function run(model: WindowModel, { kind, request: bytes, pick }: Command): void {
  switch (kind) {
    case 'add':
      model.add(Uint8Array.from(bytes));
      break;
    case 'churn':
      // Of such a request one small span stays, and the rest leaves at once.
      model.add(requestOf([{ trace: pick % 12, size: 300 }, ...Array.from({ length: 5 }, () => ({ trace: BRIEF, size: 2500 }))]));
      if (model.traceIds.includes(traceIdText(BRIEF))) model.release(traceIdText(BRIEF));
      break;
    case 'release': {
      const ids = model.traceIds;
      if (ids.length > 0) model.release(ids[pick % ids.length]!);
      break;
    }
    case 'evacuate':
      model.evacuate();
      break;
    case 'trim':
      model.window.arena.trim();
      break;
  }
  model.check();
}

/** Takes everything out; nothing may be left, and the memory goes back to the system. */
function empty(model: WindowModel): void {
  for (const id of model.traceIds) model.release(id);
  model.check();
  const { arena, spans, envelopes, traces } = model.window;
  expect([arena.aliveBytes, spans.count, spans.rows, envelopes.count, envelopes.rows, traces.size]).toEqual([0, 0, 0, 0, 0, 0]);
  for (let i = 0; i < 4 * TRIM_STEPS; i++) arena.trim();
  expect(arena.allocatedBytes).toBe(0);
}

describe('Window and Splicer', () => {
  test('give back each trace as it came, whatever leaves when', () => {
    let evictions = 0;
    let evacuations = 0;
    let runs = 0;
    holds(
      fc.property(fc.array(command, { minLength: 1, maxLength: 40, size: 'max' }), fc.integer({ min: 1, max: 30 }), (commands, maxTraces) => {
        const model = new WindowModel({ maxTraces, maxSpans: 200, maxBytes: SMALL_BYTES });
        for (const one of commands) run(model, one);
        evictions += model.evictions;
        evacuations += model.evacuations;
        runs += model.runs;
        empty(model);
      }),
      80,
    );
    // Without these, much of it would not have been tried.
    expect(evictions).toBeGreaterThan(100);
    expect(evacuations).toBeGreaterThan(10);
    expect(runs).toBeGreaterThan(1000);
  });

  test('give back a span of any size, in any scope', () => {
    holds(
      fc.property(message(upTo(3, spanMessage.map((bytes) => delimited(2, bytes)), 1)), (scope) => {
        const model = new WindowModel({ maxTraces: 9, maxSpans: 9, maxBytes: SMALL_BYTES });
        expect(model.add(delimited(1, delimited(2, scope)))).toBe(true);
        empty(model);
      }),
      200,
    );
  });

  test('move long-lived spans together when what was around them has gone', () => {
    const model = new WindowModel({ maxTraces: 2000, maxSpans: 5000, maxBytes: SMALL_BYTES });
    const stays = 6;
    for (let round = 0; round < 60; round++) {
      // Of each request one small span stays, and the rest leaves at once: all segments are nearly empty, none is free.
      expect(model.add(requestOf([{ trace: stays, size: 300 }, ...Array.from({ length: 5 }, () => ({ trace: 7, size: 1500 }))]))).toBe(true);
      model.release(traceIdText(7));
      model.check();
    }
    expect(model.evacuations).toBeGreaterThan(0);
    expect(model.evictions).toBe(0);
    empty(model);
  });

  test.each([
    ['a span larger than a segment', [{ trace: 1, size: 20_000 }], 64 * 1024],
    ['spans little smaller than a segment', Array.from({ length: 5 }, () => ({ trace: 1, size: 16_000 })), 6 * 16_384],
    ['large and small spans', [20_000, 10, 9000, 8000, 30_000, 10].map((bytes) => ({ trace: 1, size: bytes })), SMALL_BYTES],
    ['spans that fill most of the window', Array.from({ length: 150 }, () => ({ trace: 1, size: 700 })), SMALL_BYTES],
  ])('%s fit where there is room', (_name, spans, maxBytes) => {
    const model = new WindowModel({ maxTraces: 9, maxSpans: 999, maxBytes });
    expect(model.add(requestOf(spans))).toBe(true);
    empty(model);
  });

  test('what is larger than all of it does not fit', () => {
    const model = new WindowModel({ maxTraces: 9, maxSpans: 3, maxBytes: 65_536 });
    expect(model.add(requestOf([{ trace: 1, size: 70_000 }]))).toBe(false);
    expect(model.add(requestOf([1, 2, 3, 4].map((number) => ({ trace: number, size: 1 }))))).toBe(false);
    empty(model);
  });
});

function traceIdText(number: number): string {
  return Buffer.from(traceIdBytes(number)).toString('hex');
}
