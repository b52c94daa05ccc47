import type { Account } from '../test/support/account.ts';
import { accountOf } from '../test/support/account.ts';
import type { MetricsText } from '../test/support/metrics-text.ts';
import type { DemoSpan } from './decode-spans.ts';
import type { SpanLedger } from './span-ledger.ts';
import { CALM_LOAD, SPIKE_LOAD } from './spike.ts';
import { count, paint, say } from './terminal.ts';
import type { Verdict } from './verdict.ts';
import { waterfall } from './waterfall.ts';
import type { Kept } from './watch-kept.ts';

export interface Outcome {
  /** Tailrace's own metrics after the last trace. */
  readonly metrics: MetricsText;
  readonly ledger: SpanLedger;
  readonly verdict: Verdict;
  /** What the adaptive policy kept of the storefront's traffic. */
  readonly kept: Kept;
  readonly backendRequests: number;
  /** Tailrace's, after SIGTERM. */
  readonly exitCode: number | null;
}

/** The goal may be exceeded by so much for five seconds, the mean over all of the spike's traffic miss it by so much. */
const MOST = 1.3;
const LEAST_MEAN = 0.8;

const KEPT_TRACES = 'tailrace_tail_sampling_kept_traces_total';
const KEPT_SPANS = 'tailrace_tail_sampling_kept_spans_total';
const DROPPED = 'tailrace_tail_sampling_dropped_spans_total';

/** Prints what happened; true when every promise was kept. */
export function report(outcome: Outcome): boolean {
  const { metrics, ledger, verdict } = outcome;
  const account = accountOf(metrics);

  say();
  row('', 'traces', 'spans');
  row('sent by storefront, shop and recording', ledger.traces.size, ledger.spanCount);
  row('received by Tailrace', metrics.total('otelcol_processor_tail_sampling_new_trace_id_received_total'), account.accepted);
  for (const { labels, value } of metrics.matching(KEPT_TRACES)) {
    const policy = labels['policy'] ?? '';
    row(`  kept by policy ${policy}`, value, metrics.total(KEPT_SPANS, { policy }));
  }
  for (const { labels, value } of metrics.matching(DROPPED).filter((series) => series.value > 0)) {
    row(`  dropped: ${(labels['reason'] ?? '').replaceAll('_', ' ')}`, '', value);
  }
  row('arrived at the backend', verdict.traces.size, verdict.spanCount);
  row('  whole', verdict.whole, '');
  row('  broken', verdict.broken.length, '');
  say();
  const { goal, mean, most } = outcome.kept;
  row('storefront: goal of policy rest, a second', '', goal);
  row('  came before and after the spike', '', CALM_LOAD);
  row('  came in the spike', '', SPIKE_LOAD);
  row('  kept, on average', '', Math.round(mean));
  row('  kept, at most over 5 s', '', Math.round(most));
  say();
  say(`  ${paint('dim', equation(account))}`);
  say();

  const errorTrace = [...verdict.traces.values()].find((spans) => spans.some(isError));
  if (errorTrace !== undefined) {
    say(`  ${paint('bold', 'One of the kept error traces')}  ${paint('dim', errorTrace[0]?.traceId ?? '')}`);
    for (const line of waterfall(errorTrace)) say(line);
    say();
  }

  const { wantedErrors, wantedSlow, missing, broken } = verdict;
  const kept = [
    promise(account.difference === 0, 'the account balances to zero, read from the metrics alone'),
    promise(account.accepted === ledger.spanCount, 'every span that was sent was taken'),
    promise(missing.length === 0 && wantedErrors > 0, `all ${wantedErrors} error and ${wantedSlow} slow traces arrived whole`),
    promise(broken.length === 0, `every trace that arrived is whole (in ${count(outcome.backendRequests)} requests)`),
    promise(mean >= LEAST_MEAN * goal && most <= MOST * goal, `the goal of ${count(goal)} spans a second was met, in the spike too`),
    promise(outcome.exitCode === 0, 'Tailrace stopped cleanly on SIGTERM'),
  ];
  return kept.every(Boolean);
}

function row(what: string, traces: number | string, spans: number | string): void {
  const cell = (value: number | string): string => (typeof value === 'number' ? count(value) : value).padStart(10);
  const line = `  ${what.padEnd(44)}${cell(traces)}${cell(spans)}`;
  say(what === '' ? paint('dim', line) : line);
}

function equation(account: Account): string {
  const { accepted, sent, dropped, failed, buffered, queued, difference } = account;
  const right = `sent ${count(sent)} + dropped ${count(dropped)} + failed ${count(failed)} + buffered ${count(buffered)} + queued ${count(queued)}`;
  return `account of spans: received ${count(accepted)} = ${right}, difference ${count(difference)}`;
}

function promise(isKept: boolean, what: string): boolean {
  say(`  ${isKept ? paint('green', '✓') : paint('red', '✗')} ${what}`);
  return isKept;
}

function isError(span: DemoSpan): boolean {
  return span.isError;
}
