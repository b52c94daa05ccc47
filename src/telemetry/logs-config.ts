import { z } from 'zod';
import { count, durationMs } from '../config/fields.ts';
import { unsupportedKeys } from '../config/removed-keys.ts';

/** zap's levels; those above error have no line of ours. */
const LEVELS = ['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal'] as const;

export const logsTelemetryConfig = z
  .strictObject({
    level: z.string().toLowerCase().pipe(z.enum(LEVELS)).prefault('info').describe('Least important lines that are written'),
    encoding: z.enum(['console', 'json']).default('console').describe('console: time, level, message and fields in columns. json: one object a line'),
    output_paths: z.array(z.string().min(1)).min(1).default(['stderr']).describe('Where lines go: stderr, stdout, or paths of files that are appended to'),
    initial_fields: z.record(z.string(), z.unknown()).default({}).describe('Fields that stand in every line'),
    sampling: z
      .strictObject({
        enabled: z.boolean().default(true).describe('false writes every line'),
        tick: durationMs.prefault('10s').describe('Interval in which equal lines are counted'),
        initial: count.default(10).describe('So many equal lines (level and message) are written in each interval'),
        thereafter: count.default(100).describe('Of those beyond, each so-many-eth; 0: none'),
      })
      .prefault({})
      .describe('Holds back a flood of equal lines'),
    development: z.boolean().default(false).describe('Accepted and without effect'),
    disable_caller: z.boolean().default(false).describe('Accepted and without effect: lines name their component, not a place in the code'),
    disable_stacktrace: z.boolean().default(false).describe('Accepted and without effect'),
    disable_zap_resource: z.boolean().default(false).describe('Accepted and without effect: lines never repeat the resource'),
    error_output_paths: z.array(z.string()).default(['stderr']).describe('Accepted and without effect'),
  })
  .register(unsupportedKeys, { processors: 'own logs are written to output_paths and not sent; collect them from there' });

export type LogsTelemetryConfig = z.output<typeof logsTelemetryConfig>;
