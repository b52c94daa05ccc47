/**
 * How components declare and bump metrics without knowing who publishes them. A component lists its metrics in one table
 * in its `metrics.ts`; `telemetry/` publishes them and the reference page is generated from the same tables.
 */
export interface MetricDefinition {
  /** Name as in the Prometheus text, without the `_total` that counters get there. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** UCUM unit as the Collector writes it: `{spans}`, `By`, `ms`, `s`, `1`. */
  readonly unit: string;
  /** One sentence without full stop. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in `unit`. */
  readonly buckets?: readonly number[];
}

export type MetricTable = Readonly<Record<string, MetricDefinition>>;

/** Label values by label name; every label of the definition has to be given. */
export type Labels = Readonly<Record<string, string>>;

/** A count that only grows. `add` is a plain addition: cheap enough for a loop, published when scraped. */
export interface Counter {
  add(count: number): void;
}

/** One value of a metric, with its labels. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Gauge {
  set(value: number): void;
}

export interface Histogram {
  record(value: number): void;
}

/** Makes handles; each is made once, at start, never in a loop. Asking twice for the same name and labels gives the same handle. */
export interface Meter {
  counter(definition: MetricDefinition, labels: Labels): Counter;
  gauge(definition: MetricDefinition, labels: Labels): Gauge;
  histogram(definition: MetricDefinition, labels: Labels): Histogram;
  /**
   * A gauge, or a counter kept elsewhere, that is read when somebody scrapes. Returns what ends it: a component that
   * registered calls that in `shutdown` only if it will be replaced; the last value is not kept after. Where several
   * register under the same name and labels (one component in two pipelines), the sum is published.
   */
  observe(definition: MetricDefinition, labels: Labels, read: () => number): () => void;
  /**
   * A gauge, or a counter kept elsewhere, whose series come and go: all that there are are read when somebody scrapes. The
   * same labels of several, or twice in one, are summed up. Returns what ends it. Whoever registers bounds the number.
   */
  observeAll(definition: MetricDefinition, read: () => readonly Sample[]): () => void;
}
