import type { Counter, Gauge, Histogram, Labels, Meter, MetricDefinition, Sample } from '../component/meter.ts';

/** All series of one metric, by the values of their labels. */
export interface Family {
  readonly definition: MetricDefinition;
  readonly numbers: ReadonlyMap<string, NumberSeries>;
  readonly histograms: ReadonlyMap<string, HistogramSeries>;
  /** Reads series that come and go. */
  readonly observed: ReadonlySet<() => readonly Sample[]>;
}

interface GrowingFamily extends Family {
  readonly numbers: Map<string, NumberSeries>;
  readonly histograms: Map<string, HistogramSeries>;
  readonly observed: Set<() => readonly Sample[]>;
}

/** Keeps every value as a plain number until somebody scrapes. */
export class MetricRegistry implements Meter {
  readonly #families = new Map<string, GrowingFamily>();

  /** In the order of their names. */
  get families(): readonly Family[] {
    return [...this.#families.values()].toSorted((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  }

  counter(definition: MetricDefinition, labels: Labels): Counter {
    return this.#number(definition, labels);
  }

  gauge(definition: MetricDefinition, labels: Labels): Gauge {
    return this.#number(definition, labels);
  }

  histogram(definition: MetricDefinition, labels: Labels): Histogram {
    const { histograms } = this.#family(definition);
    const key = seriesKey(definition, labels);
    const series = histograms.get(key) ?? new HistogramSeries(labels, definition.buckets ?? []);
    histograms.set(key, series);
    return series;
  }

  observe(definition: MetricDefinition, labels: Labels, read: () => number): () => void {
    const { numbers } = this.#family(definition);
    const series = this.#number(definition, labels);
    // An object of its own, so that the same function can be registered twice.
    const reader = { read };
    series.readers.add(reader);
    return () => {
      if (series.readers.delete(reader) && series.readers.size === 0) numbers.delete(seriesKey(definition, labels));
    };
  }

  observeAll(definition: MetricDefinition, read: () => readonly Sample[]): () => void {
    const { observed } = this.#family(definition);
    const readMine = (): readonly Sample[] => read();
    observed.add(readMine);
    return () => void observed.delete(readMine);
  }

  #number(definition: MetricDefinition, labels: Labels): NumberSeries {
    const { numbers } = this.#family(definition);
    const key = seriesKey(definition, labels);
    const series = numbers.get(key) ?? new NumberSeries(labels);
    numbers.set(key, series);
    return series;
  }

  #family(definition: MetricDefinition): GrowingFamily {
    const known = this.#families.get(definition.name);
    if (known === undefined) {
      const family: GrowingFamily = { definition, numbers: new Map(), histograms: new Map(), observed: new Set() };
      this.#families.set(definition.name, family);
      return family;
    }
    if (known.definition !== definition && !isSame(known.definition, definition)) {
      throw new Error(`the metric ${definition.name} is declared twice, differently`);
    }
    return known;
  }
}

/** One counter or gauge: what was added or set, and what is read elsewhere. */
export class NumberSeries implements Counter, Gauge {
  readonly labels: Labels;
  readonly readers = new Set<{ readonly read: () => number }>();
  #value = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  add(count: number): void {
    this.#value += count;
  }

  set(value: number): void {
    this.#value = value;
  }

  read(): number {
    let sum = this.#value;
    for (const { read } of this.readers) sum += read();
    return sum;
  }
}

/** One histogram. The last count is of values above every bound. */
export class HistogramSeries implements Histogram {
  readonly labels: Labels;
  /** Ascending, each inclusive. */
  readonly bounds: readonly number[];
  /** Values in each bucket alone, not cumulative. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels;
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.sum += value;
  }
}

/** The counters and gauges of a family, those of the same labels summed up. */
export function readNumbers({ definition, numbers, observed }: Family): readonly Sample[] {
  const samples = new Map<string, Sample>([...numbers].map(([key, series]) => [key, { labels: series.labels, value: series.read() }]));
  for (const read of observed) {
    for (const { labels, value } of read()) {
      const key = seriesKey(definition, labels);
      samples.set(key, { labels, value: value + (samples.get(key)?.value ?? 0) });
    }
  }
  return [...samples.values()];
}

function seriesKey(definition: MetricDefinition, labels: Labels): string {
  const values = definition.labels.map((label) => {
    const value = labels[label];
    if (value === undefined) throw new Error(`${definition.name}: the label ${label} is missing`);
    return value;
  });
  const unknown = Object.keys(labels).find((label) => !definition.labels.includes(label));
  if (unknown !== undefined) throw new Error(`${definition.name}: the label ${unknown} is not declared`);
  return values.join('\0');
}

function isSame(a: MetricDefinition, b: MetricDefinition): boolean {
  const shape = ({ kind, unit, help, labels, buckets }: MetricDefinition): string => JSON.stringify([kind, unit, help, labels, buckets]);
  return shape(a) === shape(b);
}
