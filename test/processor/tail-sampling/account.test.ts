import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { hexOf, id } from '../../support/otlp.ts';
import { holdsAsync } from '../../support/property.ts';
import { KEEP_ALL, KEEP_ERRORS, ProcessorRig } from './processor-rig.ts';

const config = fc.record({
  policies: fc.constantFrom(
    KEEP_ALL,
    KEEP_ERRORS,
    [...KEEP_ERRORS, { name: 'some', type: 'probabilistic', probabilistic: { sampling_percentage: 50 } }],
    [{ name: 'few', type: 'rate_limiting', rate_limiting: { spans_per_second: 5 } }],
  ),
  decision_wait: fc.constantFrom('100ms', '1s'),
  decision_wait_after_root_received: fc.constantFrom('0s', '200ms'),
  decision_wait_after_idle: fc.constantFrom('0s', '300ms'),
  num_traces: fc.constantFrom(1, 2, 4, 100),
  maximum_trace_size_bytes: fc.constantFrom(0, 600),
  block_on_overflow: fc.boolean(),
  decision_cache: fc.constantFrom({}, { sampled_cache_size: 0 }, { non_sampled_cache_size: 0 }, { sampled_cache_size: 1, non_sampled_cache_size: 1 }),
  sampling_strategy: fc.constantFrom('trace-complete', 'trace-complete', 'span-ingest'),
  sample_on_first_match: fc.boolean(),
  drop_pending_traces_on_shutdown: fc.boolean(),
  window: fc.constantFrom({}, { max_spans: 6 }, { max_bytes: 65_536 }),
});

const NEXT_ERRORS = [undefined, undefined, new ConsumeError('overloaded', 'full'), new ConsumeError('unavailable', 'away'), new ConsumeError('rejected', 'no')];

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      spans: fc.array(
        fc.record({ trace: fc.integer({ min: 0, max: 8 }), isError: fc.boolean(), isRoot: fc.boolean(), size: fc.constantFrom(0, 0, 0, 400, 9000) }),
        { maxLength: 8 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ tickMs: fc.constantFrom(10, 60, 250, 1200) }) },
  { weight: 1, arbitrary: fc.record({ error: fc.constantFrom(...NEXT_ERRORS) }) },
);

test('every span that was taken is somewhere, once, at every moment', async () => {
  await holdsAsync(
    fc.asyncProperty(config, fc.array(command, { maxLength: 30, size: 'max' }), async (block, commands) => {
      // A limit over whole traces cannot be applied to their pieces.
      fc.pre(block.sampling_strategy === 'trace-complete' || block.policies[0]!.type !== 'rate_limiting');
      const rig = new ProcessorRig(block);
      const taken = new Set<string>();
      let number = 0;
      for (const one of commands) {
        if ('spans' in one) {
          const spans = one.spans.map(({ trace, isError, isRoot, size }) => ({
            traceId: id(trace, 16),
            spanId: id(++number, 8),
            ...(isRoot ? {} : { parentSpanId: id(9, 8) }),
            ...(isError ? { statusCode: 2 } : {}),
            attributes: { body: 'x'.repeat(size) },
          }));
          const before = rig.metric('received_spans');
          try {
            await rig.send(...spans);
            for (const { spanId } of spans) taken.add(spanId);
          } catch (error) {
            // All or nothing, and a reason that a receiver can pass on.
            expect(['overloaded', 'too_large']).toContain((error as ConsumeError).code);
            expect(rig.metric('received_spans')).toBe(before);
          }
        } else if ('tickMs' in one) {
          await rig.clock.tickAsync(one.tickMs);
        } else {
          rig.next.error = one.error;
        }
        expect(rig.unaccounted).toBe(0);
      }
      const deadline = new AbortController();
      const stopping = rig.stop(deadline.signal);
      await rig.clock.tickAsync(3000, 100);
      expect(rig.unaccounted).toBe(0);
      deadline.abort();
      await stopping;
      await rig.settle();
      expect(rig.unaccounted).toBe(0);
      expect([rig.metric('window_spans'), rig.metric('outbound_spans'), rig.metric('received_spans')]).toEqual([0, 0, taken.size]);
      const out = rig.keptSpans.map(({ spanId }) => hexOf(spanId));
      expect(out).toHaveLength(rig.metric('forwarded_spans'));
      expect(new Set(out).size).toBe(out.length);
      expect(out.every((spanId) => taken.has(spanId))).toBe(true);
      expect([rig.metric('window_bytes', 'state="alive"'), rig.clock.pendingTimers]).toEqual([0, 0]);
    }),
    150,
  );
});
