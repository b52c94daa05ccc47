import type { Counter, Gauge, Histogram, Labels, Meter, MetricDefinition } from '../../component/meter.ts';

export interface Series {
  readonly labels: Labels;
  readonly value: number;
}

/** A meter that keeps counters and gauges, and of histograms how many values there were, to be read when the work is done. */
export class RecordedMetrics implements Meter {
  readonly #byName = new Map<string, Map<string, { readonly labels: Labels; readonly read: () => number }>>();
  readonly #counts = new Map<string, { value: number }>();

  counter(definition: MetricDefinition, labels: Labels): Counter {
    const cell = this.#cell(definition, labels);
    return { add: (count) => void (cell.value += count) };
  }

  gauge(definition: MetricDefinition, labels: Labels): Gauge {
    const cell = this.#cell(definition, labels);
    return { set: (value) => void (cell.value = value) };
  }

  histogram(definition: MetricDefinition, labels: Labels): Histogram {
    const cell = this.#cell(definition, labels);
    return { record: () => void cell.value++ };
  }

  observe({ name }: MetricDefinition, labels: Labels, read: () => number): () => void {
    const series = this.#seriesOf(name);
    const key = JSON.stringify(labels);
    series.set(key, { labels, read });
    return () => void series.delete(key);
  }

  /** Of what comes and goes nothing is left when the work is done. */
  observeAll(): () => void {
    return () => undefined;
  }

  /** All series of a metric. */
  series({ name }: MetricDefinition): readonly Series[] {
    return [...(this.#byName.get(name)?.values() ?? [])].map(({ labels, read }) => ({ labels, value: read() }));
  }

  total(definition: MetricDefinition): number {
    return this.series(definition).reduce((sum, { value }) => sum + value, 0);
  }

  #cell({ name }: MetricDefinition, labels: Labels): { value: number } {
    const key = `${name} ${JSON.stringify(labels)}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const cell = { value: 0 };
    this.#counts.set(key, cell);
    this.#seriesOf(name).set(key, { labels, read: () => cell.value });
    return cell;
  }

  #seriesOf(name: string) {
    let series = this.#byName.get(name);
    if (series === undefined) this.#byName.set(name, (series = new Map()));
    return series;
  }
}
