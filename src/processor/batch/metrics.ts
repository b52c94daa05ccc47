import type { MetricTable } from '../../component/meter.ts';

export const metrics = {
  sendSize: {
    name: 'otelcol_processor_batch_batch_send_size',
    kind: 'histogram',
    unit: '{units}',
    help: 'Number of units in the batch',
    labels: ['processor'],
    buckets: [
      10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000, 30_000,
      50_000, 100_000,
    ],
  },
  sendSizeBytes: {
    name: 'otelcol_processor_batch_batch_send_size_bytes',
    kind: 'histogram',
    unit: 'By',
    help: 'Number of bytes in batch that was sent',
    labels: ['processor'],
    buckets: [
      1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
    ],
  },
  sizeTrigger: {
    name: 'otelcol_processor_batch_batch_size_trigger_send',
    kind: 'counter',
    unit: '{times}',
    help: 'Number of times the batch was sent due to a size trigger',
    labels: ['processor'],
  },
  timeoutTrigger: {
    name: 'otelcol_processor_batch_timeout_trigger_send',
    kind: 'counter',
    unit: '{times}',
    help: 'Number of times the batch was sent due to a timeout trigger',
    labels: ['processor'],
  },
  metadataCardinality: {
    name: 'otelcol_processor_batch_metadata_cardinality',
    kind: 'gauge',
    unit: '{combinations}',
    help: 'Number of distinct metadata value combinations being processed: one for each pipeline that batches',
    labels: ['processor'],
  },
  pendingItems: {
    name: 'tailrace_batch_pending_items',
    kind: 'gauge',
    unit: '{items}',
    help: 'Items that were taken and not yet handed on, whether they wait for a batch to fill or for a retry',
    labels: ['processor', 'data_type'],
  },
  failedItems: {
    name: 'tailrace_batch_failed_items',
    kind: 'counter',
    unit: '{items}',
    help: 'Items that were taken and could not be handed on',
    labels: ['processor', 'data_type', 'reason'],
  },
  retries: {
    name: 'tailrace_batch_retries',
    kind: 'counter',
    unit: '{retries}',
    help: 'Times a batch was refused for now by what comes next and is offered again',
    labels: ['processor', 'data_type'],
  },
} as const satisfies MetricTable;

/** Every value of the label `reason`: the codes of errors that no retry helps against, and the end of a shutdown's time. */
export const FAILURE_REASONS = [
  'malformed',
  'too_large',
  'unimplemented',
  'unauthenticated',
  'permission_denied',
  'rejected',
  'internal',
  'shutdown',
] as const;
