import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConsumeErrorCode } from '../../../src/consumer/consume-error.ts';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { retryOnFailure, sendingQueue } from '../../../src/exporter/helper/config.ts';
import { QueuedExporter } from '../../../src/exporter/helper/queued-exporter.ts';
import { TAKEN } from '../../../src/exporter/helper/sender.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';
import type { Step } from '../support.ts';
import { never, ScriptedSender, tracesRequest } from '../support.ts';

const codes: readonly ConsumeErrorCode[] = ['malformed', 'too_large', 'rejected', 'overloaded', 'unavailable', 'timeout', 'internal'];

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>(() => TAKEN),
  fc.constant(never),
  fc.nat(5).map((rejectedItems): Step => () => ({ rejectedItems, errorMessage: 'some' })),
  fc.record({ code: fc.constantFrom(...codes), retryAfterMs: fc.option(fc.nat(20_000), { nil: undefined }) }).map(
    ({ code, retryAfterMs }): Step => () => Promise.reject(new ConsumeError(code, code, { retryAfterMs })),
  ),
  fc.constant<Step>(() => Promise.reject(new TypeError('a defect'))),
);

/** What happens next: a request of so many items comes, or time passes. */
const events = fc.array(fc.oneof(fc.record({ items: fc.integer({ min: 1, max: 9 }) }), fc.record({ ms: fc.integer({ min: 1, max: 20_000 }) })), { maxLength: 40 });

const queues = fc.record({
  sizer: fc.constantFrom('requests', 'items', 'bytes'),
  queue_size: fc.integer({ min: 1, max: 500 }),
  num_consumers: fc.integer({ min: 1, max: 4 }),
  block_on_overflow: fc.boolean(),
  batch: fc.record({ enabled: fc.boolean(), min_bytes: fc.nat(600), max_size: fc.integer({ min: 0, max: 6 }) }),
});

test('at every moment: taken over = sent + failed + queued', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60 }), events, queues, fc.boolean(), async (script, happening, queue, isHurried) => {
      const clock = new ManualClock();
      const settings = testSettings('otlp', clock);
      const sender = new ScriptedSender(...script);
      const config = {
        timeout: 5000,
        retry_on_failure: retryOnFailure.parse({ max_elapsed_time: '1m' }),
        sending_queue: sendingQueue.parse(queue),
      };
      const exporter = new QueuedExporter(sender, config, { ...settings, signal: 'traces' });
      const { meter } = settings;
      let takenOver = 0;
      let refused = 0;
      const check = (): void => {
        const sent = meter.total('otelcol_exporter_sent_spans');
        const failed = meter.total('tailrace_exporter_failed_items');
        const queued = meter.total('tailrace_exporter_queued_items');
        expect(sent + failed + queued).toBe(takenOver);
        expect(meter.total('otelcol_exporter_send_failed_spans')).toBe(failed);
        expect(queued).toBeGreaterThanOrEqual(0);
      };
      let next = 0;
      for (const event of happening) {
        if ('items' in event) {
          const names = Array.from({ length: event.items }, () => String(next++));
          void exporter.consume(tracesRequest(...names)).then(
            () => void (takenOver += event.items),
            () => void (refused += event.items),
          );
          await clock.tickAsync(1);
        } else {
          await clock.tickAsync(event.ms, 1000);
        }
        check();
      }
      const deadline = new AbortController();
      if (isHurried) deadline.abort();
      const stopped = exporter.shutdown(noDeadline(deadline.signal));
      for (let i = 0; i < 20; i++) await clock.tickAsync(5000, 1000);
      deadline.abort();
      await stopped;
      check();
      expect(meter.total('tailrace_exporter_queued_items')).toBe(0);
      expect(meter.total('tailrace_exporter_queued_bytes')).toBe(0);
      expect(takenOver + refused).toBe(next);
      expect(new Set(sender.taken).size).toBe(sender.taken.length);
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 300 },
  );
}, 60_000);
