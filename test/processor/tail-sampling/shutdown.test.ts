import { describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { id } from '../../support/otlp.ts';
import { KEEP_ERRORS, ProcessorRig, spansOfTraces } from './processor-rig.ts';

const OVERLOADED = new ConsumeError('overloaded', 'full');

describe('shutdown', () => {
  test('decides what waits on what has come', async () => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS, decision_wait: '1h' });
    await rig.send({ traceId: id(1, 16), statusCode: 2 }, { traceId: id(2, 16) });
    await rig.stop();
    expect(rig.kept).toEqual([1]);
    expect([rig.metric('forwarded_spans'), rig.metric('dropped_spans', 'reason="not_sampled"')]).toEqual([1, 1]);
    expect(rig.metric('decisions', 'trigger="shutdown"')).toBe(2);
    expect(rig.unaccounted).toBe(0);
  });

  test('drops what waits where drop_pending_traces_on_shutdown says so, and counts it', async () => {
    const rig = new ProcessorRig({ decision_wait: '1h', drop_pending_traces_on_shutdown: true });
    await rig.send(...spansOfTraces(1, 2, 2));
    await rig.stop();
    expect(rig.kept).toEqual([]);
    expect(rig.metric('dropped_spans', 'reason="shutdown"')).toBe(3);
    expect(rig.unaccounted).toBe(0);
  });

  test('waits until the next consumer has taken all', async () => {
    const rig = new ProcessorRig({ decision_wait: '1h' });
    await rig.send(...spansOfTraces(1));
    rig.next.error = OVERLOADED;
    let stopped = false;
    const stopping = rig.stop().then(() => (stopped = true));
    await rig.clock.tickAsync(2000, 100);
    expect([stopped, rig.metric('outbound_spans')]).toEqual([false, 1]);
    rig.next.error = undefined;
    await rig.clock.tickAsync(2000, 100);
    await stopping;
    expect(rig.kept).toEqual([1]);
    expect(rig.unaccounted).toBe(0);
  });

  test('gives up at its deadline and says how much', async () => {
    const rig = new ProcessorRig({ decision_wait: '1h' });
    await rig.send(...spansOfTraces(1, 2));
    rig.next.error = OVERLOADED;
    const deadline = new AbortController();
    const stopping = rig.stop(deadline.signal);
    await rig.clock.tickAsync(500, 100);
    deadline.abort();
    await stopping;
    expect(rig.metric('failed_spans', 'reason="shutdown"')).toBe(2);
    expect(rig.unaccounted).toBe(0);
    expect(rig.settings.logger.lines).toMatchObject([{ level: 'warn', fields: { error: 'full', spans: 2 } }, { level: 'error', fields: { spans: 2 } }]);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  test('is safe twice, and without a start; leaves no timer', async () => {
    const rig = new ProcessorRig({});
    await rig.send(...spansOfTraces(1));
    await rig.stop();
    await rig.stop();
    expect([rig.kept, rig.clock.pendingTimers]).toEqual([[1], 0]);
    await expect(rig.send(...spansOfTraces(2))).rejects.toEqual(expect.objectContaining({ code: 'unavailable' }));
  });
});
