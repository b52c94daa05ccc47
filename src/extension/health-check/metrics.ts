import type { MetricTable } from '../../component/meter.ts';

/** Whether the service is ready is asked over HTTP; there is nothing to count. */
export const metrics = {} as const satisfies MetricTable;
