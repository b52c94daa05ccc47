/** Why a trace is decided, in the words of the metrics' `trigger` label. */
export const TRIGGERS = ['decision_wait', 'root_received', 'idle', 'span_ingest', 'too_large', 'evicted', 'late', 'shutdown'] as const;
export type Trigger = (typeof TRIGGERS)[number];
