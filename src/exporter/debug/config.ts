import { z } from 'zod';
import { count } from '../../config/fields.ts';
import { removedKeys, unsupportedKeys } from '../../config/removed-keys.ts';

export const debugExporterSchema = z
  .strictObject({
    verbosity: z
      .preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(['basic', 'normal', 'detailed']))
      .prefault('basic')
      .describe('basic: one line a request; normal: about one line a span, data point or log record; detailed: every field'),
    sampling_initial: count.default(2).describe('Requests that are written each second before `sampling_thereafter` counts'),
    sampling_thereafter: count.default(1).describe('Of the requests after those every how manyth is written; 1: all, 0: none'),
    use_internal_logger: z.boolean().default(true).describe('Write through the log; false: plain text to the standard output'),
  })
  .register(removedKeys, { loglevel: 'verbosity: detailed (for debug), normal (for info) or basic (for warn and error)' })
  .register(unsupportedKeys, { sending_queue: 'requests are written at once', output: 'every field is written' });

export type DebugExporterConfig = z.output<typeof debugExporterSchema>;
