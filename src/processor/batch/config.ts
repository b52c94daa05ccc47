import { z } from 'zod';
import { crossField } from '../../config/cross-field.ts';
import { count, durationMs } from '../../config/fields.ts';
import { unsupportedKeys } from '../../config/removed-keys.ts';

export const batchConfig = z
  .strictObject({
    timeout: durationMs
      .prefault('200ms')
      .describe('How long items wait at most before they are sent on, however few they are; 0 sends each request at once'),
    send_batch_size: count
      .default(8192)
      .describe('Items (spans, data points, log records) that are sent on without waiting longer; 0 sends each request at once'),
    send_batch_max_size: count
      .default(0)
      .describe('Most items in one batch; a larger one is split. 0: no limit. Not below send_batch_size'),
    metadata_cardinality_limit: count
      .default(1000)
      .describe('Accepted and without effect: there is no batching by metadata'),
  })
  .register(unsupportedKeys, {
    metadata_keys: 'requests carry no client metadata here, so there is nothing to batch by; remove it',
  })
  .check(
    crossField(['send_batch_size', 'send_batch_max_size'], ({ send_batch_size: size, send_batch_max_size: maxSize }, context) => {
      if (maxSize === 0 || maxSize >= size) return;
      const message = `${maxSize} is below send_batch_size (${size}): raise it, or set 0 for no limit`;
      context.addIssue({ code: 'custom', path: ['send_batch_max_size'], message });
    }),
  );

export type BatchConfig = z.output<typeof batchConfig>;
