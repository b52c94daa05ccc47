export type SinkQuestion = { readonly kind: 'report' } | { readonly kind: 'reset' };

export interface SinkReport {
  readonly requests: number;
  readonly spans: number;
  readonly traces: number;
  /** Traces of which every span arrived. */
  readonly wholeTraces: number;
  /** Spans that arrived more than once. */
  readonly surplusSpans: number;
}

export type SinkAnswer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'report'; readonly report: SinkReport };
