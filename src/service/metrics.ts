import type { MetricTable } from '../component/meter.ts';

export const metrics = {
  fanOutFailedItems: {
    name: 'tailrace_fan_out_failed_items',
    kind: 'counter',
    unit: '{items}',
    help: 'Spans, metric data points and log records that one of several pipelines or exporters refused for good while another took them',
    labels: ['destination', 'data_type', 'reason'],
  },
} as const satisfies MetricTable;
