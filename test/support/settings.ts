import type { Deadline } from '../../src/component/component.ts';
import type { ComponentSettings } from '../../src/component/factory.ts';
import type { Logger } from '../../src/component/logger.ts';
import type { Counter, Gauge, Histogram, Labels, Meter, MetricDefinition, Sample } from '../../src/component/meter.ts';
import { noopTracer } from '../../src/component/tracer.ts';
import type { Clock } from '../../src/internal/clock.ts';
import { systemClock } from '../../src/internal/clock.ts';

/** A meter that keeps every value by `name{label="value",…}` (labels in alphabetical order). */
export class RecordingMeter implements Meter {
  readonly #values = new Map<string, number>();
  readonly #reads = new Map<string, Set<() => number>>();
  readonly #samples = new Map<string, number[]>();
  readonly #observed = new Set<() => readonly (readonly [string, number])[]>();

  counter(definition: MetricDefinition, labels: Labels): Counter {
    const key = seriesKey(definition, labels);
    if (!this.#values.has(key)) this.#values.set(key, 0);
    return { add: (count) => void this.#values.set(key, (this.#values.get(key) ?? 0) + count) };
  }

  gauge(definition: MetricDefinition, labels: Labels): Gauge {
    const key = seriesKey(definition, labels);
    return { set: (value) => void this.#values.set(key, value) };
  }

  histogram(definition: MetricDefinition, labels: Labels): Histogram {
    const key = seriesKey(definition, labels);
    return {
      record: (value) => {
        const samples = this.#samples.get(key);
        if (samples === undefined) this.#samples.set(key, [value]);
        else samples.push(value);
      },
    };
  }

  observe(definition: MetricDefinition, labels: Labels, read: () => number): () => void {
    const key = seriesKey(definition, labels);
    const reads = this.#reads.get(key) ?? new Set();
    this.#reads.set(key, reads.add(read));
    return () => void (reads.delete(read) && reads.size === 0 && this.#reads.delete(key));
  }

  observeAll(definition: MetricDefinition, read: () => readonly Sample[]): () => void {
    const readKeyed = () => read().map(({ labels, value }) => [seriesKey(definition, labels), value] as const);
    this.#observed.add(readKeyed);
    return () => void this.#observed.delete(readKeyed);
  }

  /** The value of one series; undefined when nobody made it. */
  value(series: string): number | undefined {
    const reads = this.#reads.get(series);
    if (reads !== undefined) return [...reads].reduce((sum, read) => sum + read(), 0);
    return this.#values.get(series) ?? this.#comeAndGo().get(series);
  }

  /** The sum over all series of a name. */
  total(name: string): number {
    let sum = 0;
    for (const key of [...this.#values.keys(), ...this.#reads.keys(), ...this.#comeAndGo().keys()]) {
      if (key === name || key.startsWith(`${name}{`)) sum += this.value(key) ?? 0;
    }
    return sum;
  }

  samples(series: string): readonly number[] {
    return this.#samples.get(series) ?? [];
  }

  get series(): readonly string[] {
    return [...this.#values.keys(), ...this.#reads.keys(), ...this.#samples.keys(), ...this.#comeAndGo().keys()].sort();
  }

  #comeAndGo(): ReadonlyMap<string, number> {
    const values = new Map<string, number>();
    for (const read of this.#observed) for (const [key, value] of read()) values.set(key, value + (values.get(key) ?? 0));
    return values;
  }
}

function seriesKey(definition: MetricDefinition, labels: Labels): string {
  for (const label of definition.labels) {
    if (labels[label] === undefined) throw new Error(`${definition.name}: label ${label} is missing`);
  }
  const given = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [label] of given) {
    if (!definition.labels.includes(label)) throw new Error(`${definition.name}: label ${label} is not declared`);
  }
  return given.length === 0 ? definition.name : `${definition.name}{${given.map(([k, v]) => `${k}="${v}"`).join(',')}}`;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** Keeps every line; children write into the same list. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[];
  readonly #bound: object;

  constructor(lines: LogLine[] = [], bound: object = {}) {
    this.lines = lines;
    this.#bound = bound;
  }

  debug(fields: object, message: string): void {
    this.#write('debug', fields, message);
  }
  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }
  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }
  error(fields: object, message: string): void {
    this.#write('error', fields, message);
  }
  child(fields: object): Logger {
    return new RecordingLogger(this.lines, { ...this.#bound, ...fields });
  }

  #write(level: LogLine['level'], fields: object, message: string): void {
    this.lines.push({ level, fields: { ...this.#bound, ...fields }, message });
  }
}

export interface TestSettings extends ComponentSettings {
  readonly meter: RecordingMeter;
  readonly logger: RecordingLogger;
}

/** What the service would hand in, with everything recorded. */
export function testSettings(id: string, clock: Clock = systemClock): TestSettings {
  return { id, clock, meter: new RecordingMeter(), logger: new RecordingLogger(), tracer: noopTracer, random: () => 0.5 };
}

/** A deadline that never passes unless `signal` says so. */
export function noDeadline(signal: AbortSignal = new AbortController().signal): Deadline {
  return { signal, remainingMs: () => (signal.aborted ? 0 : Number.MAX_SAFE_INTEGER) };
}
