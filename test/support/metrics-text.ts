/** One scrape in the Prometheus text format, by name and labels. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export class MetricsText {
  readonly series: readonly Series[];

  constructor(text: string) {
    this.series = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(parseLine);
  }

  /** Sum over the series of `name` whose labels include `labels`; 0 where there is none. */
  total(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.matching(name, labels).reduce((sum, series) => sum + series.value, 0);
  }

  matching(name: string, labels: Readonly<Record<string, string>> = {}): readonly Series[] {
    const wanted = Object.entries(labels);
    return this.series.filter((series) => series.name === name && wanted.every(([key, value]) => series.labels[key] === value));
  }

  has(name: string): boolean {
    return this.series.some((series) => series.name === name);
  }
}

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

function parseLine(line: string): Series {
  const [, name, labels = '', value] = LINE.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not a line of metrics: ${line}`);
  const entries = [...labels.matchAll(LABEL)].map(([, key = '', text = '']): [string, string] => [key, unescape(text)]);
  return { name, labels: Object.fromEntries(entries), value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value) };
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}
