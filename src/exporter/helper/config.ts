import { z } from 'zod';
import { crossField } from '../../config/cross-field.ts';
import { count, durationMs } from '../../config/fields.ts';
import { unsupportedKeys } from '../../config/removed-keys.ts';

/**
 * The blocks that every exporter with a queue shares, keys and defaults as in the Collector.
 * https://github.com/open-telemetry/opentelemetry-collector/tree/main/exporter/exporterhelper
 */

const MIB = 1024 * 1024;

/** A block that is there and empty is the block with its defaults. */
function block<Schema extends z.ZodType>(schema: Schema): z.ZodPreprocess<Schema> {
  return z.preprocess((value) => (value === null ? {} : value), schema);
}

/** What the Collector writes as an empty text is `none`. */
export function compression<Schema extends z.ZodType>(methods: Schema): z.ZodPreprocess<Schema> {
  return z.preprocess((value) => (value === '' ? 'none' : value), methods);
}

const retryOnFailureObject = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Try again what failed for a passing reason'),
    initial_interval: durationMs.prefault('5s').describe('Wait before the second attempt'),
    randomization_factor: z.number().min(0).max(1).default(0.5).describe('Each wait is drawn from wait ± this share of it'),
    multiplier: z.number().min(0).default(1.5).describe('Each wait is this many times the one before'),
    max_interval: durationMs.prefault('30s').describe('Longest wait; a longer one that the backend asks for is honoured'),
    max_elapsed_time: durationMs.prefault('5m').describe('Give up after this time in all; 0: never'),
  })
  .check(
    crossField(['enabled', 'initial_interval', 'max_interval', 'max_elapsed_time'], (retry, context) => {
      const { enabled, max_elapsed_time: maxElapsedMs } = retry;
      if (!enabled || maxElapsedMs === 0) return;
      for (const key of ['initial_interval', 'max_interval'] as const) {
        if (maxElapsedMs >= retry[key]) continue;
        const message = `${maxElapsedMs / 1000}s is less than ${key} ${retry[key] / 1000}s: raise it, lower ${key}, or write 0 to try for ever`;
        context.addIssue({ code: 'custom', path: ['max_elapsed_time'], message });
        return;
      }
    }),
  );

export const retryOnFailure = block(retryOnFailureObject);

const batch = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Join requests into larger ones before they are sent'),
    flush_timeout: durationMs.refine((ms) => ms > 0, 'must be more than 0').prefault('200ms').describe('Longest time that a request waits for others to join it'),
    sizer: z.enum(['items', 'bytes']).optional().describe('What `min_size` and `max_size` count; absent: the queue\'s, or `items` where that counts requests'),
    min_size: count.optional().describe('Send as soon as a batch has this size; absent: 8192 where `items` count, else 1 MiB'),
    min_bytes: count.optional().describe('Send before a batch grows above this many bytes; 0: no such limit. Absent: 1 MiB where `min_size` is absent, else 0'),
    max_size: count.default(0).describe('Split what is larger; 0: never'),
  })
  .check(
    crossField(['min_size', 'max_size'], ({ min_size, max_size }, context) => {
      if (min_size === undefined || max_size === 0 || max_size >= min_size) return;
      context.addIssue({ code: 'custom', path: ['max_size'], message: `${max_size} is less than min_size ${min_size}` });
    }),
  )
  .register(unsupportedKeys, { partition: 'batches are not divided by metadata' });

const sendingQueueObject = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Queue requests and answer the sender at once; false: the sender waits for the backend\'s answer'),
    num_consumers: z.number().int().min(1).default(10).describe('Requests that are on their way at the same time'),
    queue_size: z.number().int().min(1).default(1000).describe('How much waits or is on its way at most, counted by `sizer`'),
    sizer: z.enum(['requests', 'items', 'bytes']).default('requests').describe('What `queue_size` counts; a request is one as it will be sent, after batching'),
    max_bytes: z.number().int().min(1).default(128 * MIB).describe('Memory of what waits or is on its way at most, bytes, whatever `sizer` says'),
    block_on_overflow: z.boolean().default(false).describe('When full let the sender wait; false: refuse with a retryable status'),
    wait_for_result: z
      .literal(false, 'is not supported: write enabled: false to let senders wait for the answer of the backend')
      .default(false)
      .describe('Senders are answered at once; see `enabled`'),
    batch: block(batch).prefault({}).describe('How requests are joined'),
  })
  .register(unsupportedKeys, {
    storage: 'the queue is in memory; what it cannot take is refused with a retryable status',
  });

const checkedSendingQueue = sendingQueueObject
  .check(
    crossField(['sizer', 'queue_size', 'batch'], ({ sizer, queue_size, batch: { sizer: batchSizer = sizer === 'requests' ? 'items' : sizer, min_size } }, context) => {
      if (batchSizer !== sizer || min_size === undefined || min_size <= queue_size) return;
      const message = `a batch of ${min_size} ${sizer} does not fit into a queue of ${queue_size}: lower it or raise queue_size`;
      context.addIssue({ code: 'custom', path: ['batch', 'min_size'], message });
    }),
  )
  .transform((queue) => ({ ...queue, batch: withBatchDefaults(queue) }));

export const sendingQueue = block(checkedSendingQueue);

function withBatchDefaults({ sizer: queueSizer, queue_size, batch: given }: z.output<typeof sendingQueueObject>): BatchConfig {
  const sizer = given.sizer ?? (queueSizer === 'bytes' ? 'bytes' : 'items');
  const minSize = Math.min(
    sizer === 'bytes' ? MIB : 8192,
    given.max_size === 0 ? Number.POSITIVE_INFINITY : given.max_size,
    sizer === queueSizer ? queue_size : Number.POSITIVE_INFINITY,
  );
  return {
    enabled: given.enabled,
    flush_timeout: given.flush_timeout,
    sizer,
    min_size: given.min_size ?? minSize,
    min_bytes: given.min_bytes ?? (given.min_size === undefined ? MIB : 0),
    max_size: given.max_size,
  };
}

export interface BatchConfig {
  readonly enabled: boolean;
  /** ms */
  readonly flush_timeout: number;
  readonly sizer: 'items' | 'bytes';
  readonly min_size: number;
  readonly min_bytes: number;
  readonly max_size: number;
}

export type RetryConfig = z.output<typeof retryOnFailure>;
export type QueueConfig = z.output<typeof sendingQueue>;

/** What `createExporter` reads of an exporter's configuration. */
export interface DeliveryConfig {
  /** ms for one attempt; 0: no limit. */
  readonly timeout: number;
  readonly retry_on_failure: RetryConfig;
  readonly sending_queue: QueueConfig;
}
