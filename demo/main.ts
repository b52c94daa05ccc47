import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { accountOf } from '../test/support/account.ts';
import { TailraceProcess } from '../test/support/process.ts';
import { projectRoot } from '../test/support/project.ts';
import { until } from '../test/support/until.ts';
import { BackendProcess } from './backend-process.ts';
import { report } from './report.ts';
import { SpanLedger } from './span-ledger.ts';
import { PAGES, SPIKE_FACTOR, spikeTraffic } from './spike.ts';
import { paint, say } from './terminal.ts';
import { recordedTraffic, shopTraffic } from './traffic.ts';
import { judge } from './verdict.ts';
import { watchKept } from './watch-kept.ts';

/** As in tailrace.yaml, which lies beside this file in the source. */
const SLOW_THRESHOLD_MS = 1000;
const DECISION_WAIT_MS = 3000;
const CONFIG = join(projectRoot, 'demo', 'tailrace.yaml');

/** Ends in the reverse of the order they were begun, at the end and on Ctrl-C. */
const cleanups: (() => void | Promise<unknown>)[] = [];

async function cleanUp(): Promise<void> {
  for (let end = cleanups.pop(); end !== undefined; end = cleanups.pop()) await end();
}

/** The main job, end to end; true when every promise was kept. */
async function demo(): Promise<boolean> {
  say(paint('bold', 'Tailrace: whole traces, only those worth keeping'));
  say();
  const backend = await BackendProcess.start();
  cleanups.push(() => backend.stop());
  const tailrace = await TailraceProcess.start('', { args: ['--config', CONFIG], env: { BACKEND_ENDPOINT: backend.endpoint } });
  cleanups.push(() => tailrace.kill());
  const collector = tailrace.address('receivers.otlp.grpc');
  say(`  ${paint('dim', 'tailrace')}   process ${tailrace.pid}, OTLP on ${collector}`);
  say(`  ${paint('dim', 'backend')}    OTLP on ${backend.endpoint}`);
  say(`  ${paint('dim', 'storefront')} synthetic: ${PAGES} pages, for three seconds one of them ${SPIKE_FACTOR} times as often`);
  say(`  ${paint('dim', 'shop')}       frontend, catalog, checkout, payment; OpenTelemetry SDK, traceparent over HTTP`);
  say();

  const ledger = new SpanLedger();
  const spike = spikeTraffic(collector, ledger);
  const [kept] = await Promise.all([
    // What the shop sends is decided only after the last of the storefront's.
    watchKept(() => tailrace.scrape(), spike.then(() => sleep(DECISION_WAIT_MS))),
    spike.then(() => shopTraffic(collector, ledger)).then(() => recordedTraffic(collector, ledger)),
  ]);

  say(`  ${paint('dim', 'waiting until the last trace is decided and sent')}`);
  const metrics = await until('every trace to be decided and sent', async () => {
    const scrape = await tailrace.scrape();
    const { accepted, buffered, queued } = accountOf(scrape);
    if (accepted >= ledger.spanCount && buffered === 0 && queued === 0) return scrape;
    await sleep(100);
    return undefined;
  });
  const { spans, requests } = await backend.spans();
  const verdict = judge(ledger.traces, spans, SLOW_THRESHOLD_MS);
  const status = await tailrace.stop();
  return report({ metrics, ledger, verdict, kept, backendRequests: requests, exitCode: status.code });
}

process.once('SIGINT', () => {
  void cleanUp().then(() => process.exit(130));
});

try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  say(paint('red', `  the demo failed: ${error instanceof Error ? error.message : String(error)}`));
  process.exitCode = 1;
} finally {
  await cleanUp();
}
