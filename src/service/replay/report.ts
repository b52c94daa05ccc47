import type { MetricDefinition } from '../../component/meter.ts';
import { formatGoDuration } from '../../internal/go-duration.ts';
import { textTable } from '../../internal/text-table.ts';
import { metrics } from '../../processor/tail-sampling/metrics.ts';
import type { RecordedMetrics, Series } from './recorded-metrics.ts';
import type { ReplayResult } from './replay.ts';
import type { Tally, Traffic } from './traffic.ts';

/** Services and root spans that have a line of their own. */
const LARGEST = 10;

const NOTHING: Tally = { count: 0, estimated: 0 };

/** What a replay found, for people to read: what was kept by which policy, and how right counts made from it are. */
export function reportText(result: ReplayResult): string {
  const { input, output } = result;
  const sections = [
    summary(result),
    keptByPolicy(result),
    notKept(result.metrics),
    refused(result.refused),
    estimates(input, output),
    comparison('Spans by service', input.services, output.services),
    comparison('Root spans by service and name', input.roots, output.roots),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function summary({ input, elapsedMs, isComplete }: ReplayResult): readonly string[] {
  const { requests, bytes, spans, traces } = input;
  const found = `${number(spans.count)} spans of ${number(traces.count)} traces, ${number(bytes)} bytes in ${number(requests)} requests`;
  return [`${isComplete ? 'Replayed' : 'Stopped early, having replayed'} ${found}, ${formatGoDuration(elapsedMs)} of recorded time`];
}

function keptByPolicy({ metrics: recorded, output }: ReplayResult): readonly string[] {
  const policies = recorded.series(metrics.keptTraces);
  if (policies.length === 0) return [];
  const hasSeveralProcessors = new Set(policies.map(({ labels }) => labels['processor'])).size > 1;
  let unknown = 0;
  const rows = policies.map((policy) => {
    const { processor = '', policy: name = '' } = policy.labels;
    const value = (definition: MetricDefinition): number => valueFor(recorded.series(definition), policy);
    const known = value(metrics.samplingProbability);
    unknown += policy.value - known;
    const probability = policy.value === 0 ? '-' : known === 0 ? 'unknown' : decimal(known / value(metrics.estimatedTraces));
    return [hasSeveralProcessors ? `${processor} ${name}` : name, number(policy.value), number(value(metrics.keptSpans)), number(value(metrics.keptBytes)), probability];
  });
  const all = ['in all', number(output.traces.count), number(output.spans.count), number(output.bytes), ''];
  return [
    'Kept, by policy',
    ...textTable([['', 'traces', 'spans', 'bytes', 'probability'], ...rows, all]),
    ...(unknown === 0 ? [] : [`  Of ${number(unknown)} traces the probability is not known: they stand for themselves alone.`]),
  ];
}

function notKept(recorded: RecordedMetrics): readonly string[] {
  const dropped = recorded.series(metrics.droppedSpans).filter(({ value }) => value > 0);
  const failed = recorded.series(metrics.failedSpans).filter(({ value }) => value > 0);
  if (dropped.length + failed.length === 0) return [];
  const rows = [...dropped, ...failed].map(({ labels, value }) => [labels['reason'] ?? '', number(value)]);
  return ['Not kept, by reason', ...textTable([['', 'spans'], ...rows])];
}

function refused(reasons: ReadonlyMap<string, number>): readonly string[] {
  if (reasons.size === 0) return [];
  return ['Refused', ...textTable([['', 'requests'], ...[...reasons].map(([reason, count]) => [reason, number(count)])])];
}

function estimates(input: Traffic, output: Traffic): readonly string[] {
  return ['Estimated from what is kept', ...textTable([COLUMNS, row('spans', input.spans, output.spans), row('traces', input.traces, output.traces)])];
}

function comparison(title: string, input: ReadonlyMap<string, Tally>, output: ReadonlyMap<string, Tally>): readonly string[] {
  const names = [...input].toSorted(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1)).map(([name]) => name);
  if (names.length === 0) return [];
  const rows = names.slice(0, LARGEST).map((name) => row(name, input.get(name) ?? NOTHING, output.get(name) ?? NOTHING));
  const others = names.slice(LARGEST);
  if (others.length > 0) rows.push(row(`${number(others.length)} others`, sumOf(others, input), sumOf(others, output)));
  return [title, ...textTable([COLUMNS, ...rows])];
}

const COLUMNS = ['', 'true', 'kept', 'estimated', 'off by'];

function row(name: string, input: Readonly<Tally>, output: Readonly<Tally>): readonly string[] {
  const offBy = input.estimated === 0 ? '-' : `${decimal((100 * (output.estimated - input.estimated)) / input.estimated)} %`;
  return [name, number(input.estimated), number(output.count), number(output.estimated), offBy];
}

function sumOf(names: readonly string[], tallies: ReadonlyMap<string, Tally>): Tally {
  const sum: Tally = { count: 0, estimated: 0 };
  for (const name of names) {
    sum.count += tallies.get(name)?.count ?? 0;
    sum.estimated += tallies.get(name)?.estimated ?? 0;
  }
  return sum;
}

function valueFor(series: readonly Series[], { labels }: Series): number {
  return series.find((other) => other.labels['processor'] === labels['processor'] && other.labels['policy'] === labels['policy'])?.value ?? 0;
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

function number(value: number): string {
  return whole.format(value);
}

function decimal(value: number): string {
  return precise.format(value);
}
