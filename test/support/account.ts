import type { MetricsText } from './metrics-text.ts';

/** Where every span that was let in is, read from the metrics alone, for a service with one traces exporter. */
export interface Account {
  readonly accepted: number;
  readonly sent: number;
  /** Given up on the way, by the exporter or by what stands before it, with a reason each. */
  readonly failed: number;
  /** Decided not to be kept, or not kept for a reason. */
  readonly dropped: number;
  /** In the window, decided and not yet handed on, in a batch processor. */
  readonly buffered: number;
  /** In the exporter's queue or on the way. */
  readonly queued: number;
  /** What is missing (above 0) or counted twice (below). */
  readonly difference: number;
}

export function accountOf(metrics: MetricsText): Account {
  const accepted = metrics.total('otelcol_receiver_accepted_spans_total');
  const sent = metrics.total('otelcol_exporter_sent_spans_total');
  const failed =
    metrics.total('tailrace_exporter_failed_items_total', { data_type: 'traces' }) +
    metrics.total('tailrace_batch_failed_items_total', { data_type: 'traces' }) +
    metrics.total('tailrace_tail_sampling_failed_spans_total');
  const dropped = metrics.total('tailrace_tail_sampling_dropped_spans_total');
  const buffered =
    metrics.total('tailrace_tail_sampling_window_spans') +
    metrics.total('tailrace_tail_sampling_outbound_spans') +
    metrics.total('tailrace_batch_pending_items', { data_type: 'traces' });
  const queued = metrics.total('tailrace_exporter_queued_items', { data_type: 'traces' });
  return { accepted, sent, failed, dropped, buffered, queued, difference: accepted - sent - failed - dropped - buffered - queued };
}
