import { describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { id, span } from '../../support/otlp.ts';
import { ProcessorRig, spansOfTraces } from './processor-rig.ts';

const OVERLOADED = new ConsumeError('overloaded', 'full');

describe('back-pressure', () => {
  const mebibyte = (number: number) => [span({ traceId: id(number, 16), spanId: id(number, 8), attributes: { body: 'x'.repeat(1 << 20) } })];

  test('holds decisions back, then refuses input; then all goes out', async () => {
    const rig = new ProcessorRig({ window: { max_bytes: 64 << 20 } });
    rig.next.error = OVERLOADED;
    let sent = 0;
    let refused = 0;
    for (let number = 1; number <= 120; number++) {
      try {
        await rig.sendRaw(mebibyte(number));
        sent++;
      } catch (error) {
        expect(error).toEqual(expect.objectContaining({ code: 'overloaded', isRetryable: true }));
        refused++;
      }
      await rig.clock.tickAsync(100);
      expect(rig.unaccounted).toBe(0);
    }
    expect(refused).toBeGreaterThan(20);
    expect(rig.metric('decisions_held')).toBe(1);
    expect(rig.metric('forwarded_spans')).toBe(0);
    // Window and way out together are what is held, and no more.
    expect(rig.metric('window_bytes', 'state="allocated"')).toBeLessThanOrEqual(64 << 20);
    expect(rig.metric('outbound_spans')).toBeLessThan(24);
    rig.next.error = undefined;
    await rig.clock.tickAsync(6000, 50);
    expect(rig.metric('decisions_held')).toBe(0);
    expect(rig.metric('forwarded_spans')).toBe(sent);
    expect(new Set(rig.kept).size).toBe(sent);
  }, 60_000);

  test('refuses late spans of kept traces too, which the window cannot hold back', async () => {
    const rig = new ProcessorRig({ window: { max_bytes: 64 << 20 } });
    rig.next.error = OVERLOADED;
    for (let number = 1; number <= 20; number++) await rig.sendRaw(mebibyte(number));
    await rig.clock.tickAsync(3000, 50);
    expect(rig.metric('decisions_held')).toBe(1);
    await expect(rig.send(...spansOfTraces(1))).rejects.toEqual(expect.objectContaining({ code: 'overloaded' }));
    await rig.send(...spansOfTraces(99));
    rig.next.error = undefined;
    await rig.clock.tickAsync(3000, 50);
    await rig.send(...spansOfTraces(1));
    await rig.settle();
    expect([rig.keptSpans.length, rig.unaccounted]).toEqual([22, 0]);
  });

  test('what is refused for good is counted and does not hold the rest', async () => {
    const rig = new ProcessorRig({});
    await rig.send(...spansOfTraces(1));
    rig.next.error = new ConsumeError('rejected', 'no such tenant');
    rig.clock.tick(1100);
    await rig.settle();
    rig.next.error = undefined;
    await rig.send(...spansOfTraces(2));
    rig.clock.tick(1100);
    await rig.settle();
    expect(rig.kept).toEqual([2]);
    expect(rig.metric('failed_spans', 'reason="rejected"')).toBe(1);
    expect(rig.unaccounted).toBe(0);
  });

  test('waits as long as it is asked to', async () => {
    const rig = new ProcessorRig({});
    rig.next.error = new ConsumeError('overloaded', 'later', { retryAfterMs: 5000 });
    await rig.send(...spansOfTraces(1));
    await rig.clock.tickAsync(1100, 50);
    expect(rig.next.refused).toBe(1);
    rig.next.error = undefined;
    await rig.clock.tickAsync(4800, 50);
    expect(rig.kept).toEqual([]);
    await rig.clock.tickAsync(400, 50);
    expect(rig.kept).toEqual([1]);
  });
});
