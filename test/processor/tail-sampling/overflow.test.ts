import { describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { bytesOf, exportRequest, id, span, tracesOf } from '../../support/otlp.ts';
import { KEEP_ERRORS, ProcessorRig, spansOfTraces } from './processor-rig.ts';
import { ballast } from './window/window-model.ts';

/** A span of trace `number` that takes about `bytes`. */
function large(number: number, bytes: number) {
  return span({ traceId: id(number, 16), spanId: id(number, 8), attributes: { body: 'x'.repeat(bytes) } });
}

function refusal(code: string): unknown {
  return expect.objectContaining({ name: 'ConsumeError', code });
}

describe('num_traces', () => {
  test('decides the least recently touched trace early', async () => {
    const rig = new ProcessorRig({ num_traces: 3 });
    await rig.send(...spansOfTraces(1, 2, 3));
    await rig.send(...spansOfTraces(1));
    await rig.send(...spansOfTraces(4));
    await rig.send(...spansOfTraces(5));
    rig.clock.tick(50);
    expect(rig.kept).toEqual([2, 3]);
    expect(rig.metric('decisions', 'trigger="evicted"')).toBe(2);
    expect(rig.collectorMetric('sampling_trace_dropped_too_early')).toBe(2);
    expect(rig.collectorMetric('sampling_traces_on_memory')).toBe(3);
    rig.clock.tick(1100);
    expect(rig.kept).toEqual([2, 3, 1, 4, 5]);
    expect(rig.keptSpans).toHaveLength(6);
  });

  test('holds for one request that brings more traces than that', async () => {
    const rig = new ProcessorRig({ num_traces: 2 });
    await rig.send(...spansOfTraces(1, 2, 1, 3, 4, 5));
    expect(rig.collectorMetric('sampling_traces_on_memory')).toBe(2);
    rig.clock.tick(1100);
    await rig.settle();
    expect(new Set(rig.kept)).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(rig.unaccounted).toBe(0);
  });
});

describe('window.max_spans', () => {
  test('decides the least recently touched trace early', async () => {
    const rig = new ProcessorRig({ window: { max_spans: 5 } });
    await rig.send(...spansOfTraces(1, 1, 2, 3, 3));
    await rig.send(...spansOfTraces(4));
    rig.clock.tick(50);
    expect(rig.kept).toEqual([1]);
  });

  test('a request that can never fit is refused for good, and nobody is decided early for it', async () => {
    const rig = new ProcessorRig({ window: { max_spans: 5 } });
    await rig.send(...spansOfTraces(1, 2));
    await expect(rig.send(...spansOfTraces(3, 3, 3, 4, 4, 4))).rejects.toEqual(refusal('too_large'));
    expect([rig.metric('window_spans'), rig.metric('received_spans'), rig.metric('refused_spans'), rig.metric('decisions')]).toEqual([2, 2, 6, 0]);
  });
});

describe('window.max_bytes', () => {
  test('decides the least recently touched trace early', async () => {
    const rig = new ProcessorRig({ window: { max_bytes: 131_072 } });
    for (let number = 1; number <= 10; number++) await rig.sendRaw([large(number, 14_000)]);
    rig.clock.tick(50);
    // A segment of 16 KiB holds a span and, in what is left, what the next one came in: both have to leave to free it.
    expect(rig.kept).toEqual([1, 2, 3]);
    expect(rig.metric('window_bytes', 'state="allocated"')).toBeLessThanOrEqual(131_072);
    rig.clock.tick(1100);
    expect(rig.keptSpans).toHaveLength(10);
  });

  test('a span larger than a segment fits', async () => {
    const rig = new ProcessorRig({ window: { max_bytes: 131_072 } });
    await rig.sendRaw([large(1, 100_000)]);
    rig.clock.tick(1100);
    expect(rig.kept).toEqual([1]);
  });

  test('a request that can never fit is refused for good, and nobody is decided early for it', async () => {
    const rig = new ProcessorRig({ window: { max_bytes: 131_072 } });
    await rig.send(...spansOfTraces(1));
    await expect(rig.sendRaw([large(2, 200_000)])).rejects.toEqual(refusal('too_large'));
    await expect(rig.sendRaw([3, 4, 5, 6, 7].map((number) => large(number, 40_000)))).rejects.toEqual(refusal('too_large'));
    expect([rig.metric('window_spans'), rig.metric('decisions')]).toEqual([1, 0]);
  });
});

describe('maximum_trace_size_bytes', () => {
  test('a trace above it is not kept, at once, with its later spans; others are', async () => {
    const rig = new ProcessorRig({ maximum_trace_size_bytes: 1000 });
    await rig.sendRaw([large(1, 600), large(2, 600)]);
    expect(rig.metric('dropped_spans')).toBe(0);
    await rig.sendRaw([large(1, 600)]);
    expect(rig.metric('dropped_spans', 'reason="too_large"')).toBe(2);
    expect([rig.collectorMetric('traces_dropped_too_large'), rig.metric('decisions', 'trigger="too_large"')]).toEqual([1, 1]);
    await rig.sendRaw([large(1, 10)]);
    expect(rig.metric('dropped_spans', 'reason="late"')).toBe(1);
    rig.clock.tick(1100);
    await rig.settle();
    expect(rig.kept).toEqual([2]);
    expect(rig.unaccounted).toBe(0);
  });

  test('what surrounds the spans counts, whichever came last', async () => {
    const rig = new ProcessorRig({ maximum_trace_size_bytes: 2000 });
    await rig.sendRaw([span({ traceId: id(1, 16), spanId: id(1, 8) })], 'service.'.repeat(200));
    await rig.sendRaw([large(1, 500)], 'shop');
    expect(rig.metric('dropped_spans', 'reason="too_large"')).toBe(2);
  });

  test('what surrounds a run of spans counts once, and fields of the request itself too', async () => {
    const rig = new ProcessorRig({ maximum_trace_size_bytes: 2500 });
    const many = Array.from({ length: 10 }, (_, i) => span({ traceId: id(1, 16), spanId: id(i + 1, 8) }));
    await rig.sendRaw(many, 'service.'.repeat(150));
    expect(rig.metric('window_spans')).toBe(10);
    const request = exportRequest('traces', tracesOf([span({ traceId: id(2, 16) })]), 1);
    const withBallast = (size: number) => ({ ...request, bytes: Buffer.concat([request.bytes, ballast(size)]) });
    await rig.processor.consume(withBallast(1000));
    await rig.processor.consume(request);
    expect(rig.metric('window_spans')).toBe(12);
    await rig.processor.consume(withBallast(1500));
    expect(rig.metric('dropped_spans', 'reason="too_large"')).toBe(3);
  });

  test('costs no more than linear time in the spans of a trace', async () => {
    const rig = new ProcessorRig({ maximum_trace_size_bytes: 20_000_000, window: { max_bytes: 100_000_000 } });
    // A large resource brings each trace of small requests close to any estimate of its size.
    const service = 'service.'.repeat(500);
    const spans = spansOfTraces(1).map((fields) => span(fields));
    const startMs = performance.now();
    for (let i = 0; i < 500; i++) await rig.sendRaw(spans, service);
    const firstMs = performance.now() - startMs;
    for (let i = 500; i < 4500; i++) await rig.sendRaw(spans, service);
    const restMs = performance.now() - startMs - firstMs;
    expect(rig.metric('window_spans')).toBe(4500);
    expect(restMs / 8).toBeLessThan(5 * firstMs + 50);
  });
});

describe('block_on_overflow', () => {
  test('refuses with a retryable status instead of deciding early', async () => {
    const rig = new ProcessorRig({ num_traces: 2, block_on_overflow: true });
    await rig.send(...spansOfTraces(1, 2));
    await expect(rig.send(...spansOfTraces(1, 3))).rejects.toEqual(refusal('overloaded'));
    const error: unknown = await rig.send(...spansOfTraces(3)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConsumeError);
    expect((error as ConsumeError).isRetryable).toBe(true);
    expect((error as ConsumeError).retryAfterMs).toBeGreaterThan(0);
    // Spans of traces that are there already still fit.
    await rig.send(...spansOfTraces(2, 1));
    expect([rig.metric('decisions'), rig.metric('window_spans'), rig.metric('refused_spans')]).toEqual([0, 4, 3]);
    rig.clock.tick(1100);
    await rig.send(...spansOfTraces(3));
    rig.clock.tick(1100);
    expect(rig.kept).toEqual([1, 2, 3]);
    expect(rig.keptSpans).toHaveLength(5);
  });

  test.each([
    ['spans', { window: { max_spans: 3 } }],
    ['bytes', { window: { max_bytes: 65_536 } }],
  ])('holds for %s too', async (_name, config) => {
    const rig = new ProcessorRig({ ...config, block_on_overflow: true });
    await rig.sendRaw([large(1, 16_000), large(1, 16_000), large(1, 16_000)]);
    await expect(rig.sendRaw([large(2, 16_000), large(2, 16_000)])).rejects.toEqual(refusal('overloaded'));
    rig.clock.tick(1100);
    await rig.sendRaw([large(2, 16_000), large(2, 16_000)]);
  });

  test('a request of more traces than there may ever be is refused for good', async () => {
    const rig = new ProcessorRig({ num_traces: 2, block_on_overflow: true });
    await expect(rig.send(...spansOfTraces(1, 2, 3))).rejects.toEqual(refusal('too_large'));
    expect(rig.metric('window_spans')).toBe(0);
  });
});

describe('bad input', () => {
  test('spans without a valid id are dropped and counted, the others of the request are not', async () => {
    const rig = new ProcessorRig({});
    await rig.sendRaw([
      span({ traceId: id(0, 16) }),
      span({ traceId: 'abcd' }),
      span({ traceId: '' }),
      span({ traceId: id(1, 16), spanId: 'abcd' }),
      span({ traceId: id(2, 16) }),
    ]);
    expect([rig.metric('dropped_spans', 'reason="invalid"'), rig.metric('window_spans'), rig.metric('received_spans')]).toEqual([4, 1, 5]);
    rig.clock.tick(1100);
    expect(rig.kept).toEqual([2]);
  });

  test('a malformed request is refused for good and leaves no trace', async () => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS });
    await rig.send(...spansOfTraces(1));
    const good = Buffer.from('0a1c121a12180a10', 'hex');
    for (const bytes of [Buffer.concat([good, bytesOf(id(7, 16)), Buffer.from('ffffffff', 'hex')]), Buffer.from('0a05', 'hex'), Buffer.from('00', 'hex')]) {
      const request = { signal: 'traces', bytes, itemCount: 1, retainable: true, scan: undefined } as const;
      await expect(rig.processor.consume(request)).rejects.toEqual(refusal('malformed'));
    }
    expect([rig.metric('window_spans'), rig.metric('received_spans'), rig.collectorMetric('sampling_traces_on_memory')]).toEqual([1, 1, 1]);
    rig.clock.tick(1100);
    expect(rig.unaccounted).toBe(0);
  });

  test('an empty request is taken', async () => {
    const rig = new ProcessorRig({});
    await rig.sendRaw([]);
    expect(rig.metric('received_spans')).toBe(0);
  });
});
