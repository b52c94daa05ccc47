import { z } from 'zod';
import { count, durationMs } from '../../config/fields.ts';

const percentage = z.number().int().min(0).max(100);

export const memoryLimiterConfig = z
  .strictObject({
    check_interval: durationMs.describe('Time between two measurements; must be above 0, 1s is a good value'),
    limit_mib: count.default(0).describe('Hard limit of the memory in use, MiB; goes before limit_percentage'),
    spike_limit_mib: count
      .default(0)
      .describe('What memory may grow by between two measurements, MiB. The soft limit is the hard limit less this. 0: 20 % of limit_mib'),
    limit_percentage: percentage
      .default(0)
      .describe('Hard limit as a part of the memory that the container, or else the machine, has'),
    spike_limit_percentage: percentage
      .default(0)
      .describe('spike_limit_mib as a part of the same memory; 0: 20 % of limit_percentage'),
    min_gc_interval_when_soft_limited: durationMs
      .prefault('10s')
      .describe('Least time between two garbage collections forced above the soft limit'),
    min_gc_interval_when_hard_limited: durationMs
      .prefault('0s')
      .describe('Least time between two garbage collections forced above the hard limit'),
  })
  .superRefine((config, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (config.check_interval === 0) issue('check_interval', 'must be greater than 0, as 1s');
    if (config.limit_mib === 0 && config.limit_percentage === 0) {
      issue('limit_mib', 'limit_mib or limit_percentage must be greater than 0');
    }
    if (config.limit_mib > 0 && config.spike_limit_mib >= config.limit_mib) {
      issue('spike_limit_mib', `${config.spike_limit_mib} must be smaller than limit_mib (${config.limit_mib})`);
    }
    if (config.limit_percentage > 0 && config.spike_limit_percentage >= config.limit_percentage) {
      issue('spike_limit_percentage', `${config.spike_limit_percentage} must be smaller than limit_percentage (${config.limit_percentage})`);
    }
    if (config.min_gc_interval_when_soft_limited < config.min_gc_interval_when_hard_limited) {
      issue('min_gc_interval_when_soft_limited', 'must not be smaller than min_gc_interval_when_hard_limited');
    }
  });

export type MemoryLimiterConfig = z.output<typeof memoryLimiterConfig>;
