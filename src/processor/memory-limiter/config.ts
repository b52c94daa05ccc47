import { z } from 'zod';
import { crossField } from '../../config/cross-field.ts';
import { count, durationMs } from '../../config/fields.ts';

const percentage = z.number().int().min(0).max(100);

export const memoryLimiterConfig = z
  .strictObject({
    check_interval: durationMs
      .refine((ms) => ms > 0, 'must be greater than 0, as 1s')
      .describe('Time between two measurements; must be above 0, 1s is a good value'),
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
      .describe('Least time between two full garbage collections forced above the soft limit while data is taken; while it is refused there are more'),
    min_gc_interval_when_hard_limited: durationMs
      .prefault('0s')
      .describe('Least time between two full garbage collections forced above the hard limit'),
  })
  .check(
    crossField(['limit_mib', 'limit_percentage'], ({ limit_mib, limit_percentage }, context) => {
      if (limit_mib > 0 || limit_percentage > 0) return;
      context.addIssue({ code: 'custom', path: ['limit_mib'], message: 'limit_mib or limit_percentage must be greater than 0' });
    }),
    crossField(['limit_mib', 'spike_limit_mib'], ({ limit_mib: limit, spike_limit_mib: spike }, context) => {
      if (limit === 0 || spike < limit) return;
      context.addIssue({ code: 'custom', path: ['spike_limit_mib'], message: `${spike} must be smaller than limit_mib (${limit})` });
    }),
    crossField(['limit_percentage', 'spike_limit_percentage'], ({ limit_percentage: limit, spike_limit_percentage: spike }, context) => {
      if (limit === 0 || spike < limit) return;
      context.addIssue({ code: 'custom', path: ['spike_limit_percentage'], message: `${spike} must be smaller than limit_percentage (${limit})` });
    }),
    crossField(['min_gc_interval_when_soft_limited', 'min_gc_interval_when_hard_limited'], (config, context) => {
      if (config.min_gc_interval_when_soft_limited >= config.min_gc_interval_when_hard_limited) return;
      const message = 'must not be smaller than min_gc_interval_when_hard_limited';
      context.addIssue({ code: 'custom', path: ['min_gc_interval_when_soft_limited'], message });
    }),
  );

export type MemoryLimiterConfig = z.output<typeof memoryLimiterConfig>;
