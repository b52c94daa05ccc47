import { afterEach, describe, expect, test } from 'vitest';
import type { Account } from '../support/account.ts';
import { accountOf } from '../support/account.ts';
import { OtlpSender } from '../support/otlp-sender.ts';
import { TailraceProcess } from '../support/process.ts';
import { OtlpSink } from '../support/sink.ts';
import { testConfig } from '../support/tailrace-config.ts';
import { numberedTrace, spanCounts } from '../support/trace-load.ts';
import { until } from '../support/until.ts';

const SENDERS = 4;
const ALL_LATE = '    decision_wait: 1h\n    policies: [{name: all, type: always_sample}]\n';

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
});

/** Clients that send one new trace after the other until they are refused or disconnected. */
class Load {
  readonly acknowledged = new Set<string>();
  readonly #senders: OtlpSender[];
  readonly #done: Promise<unknown>;
  #next = 1;

  constructor(endpoint: string) {
    this.#senders = Array.from({ length: SENDERS }, () => new OtlpSender(endpoint));
    this.#done = Promise.all(this.#senders.map((sender) => this.#run(sender)));
  }

  /** Until every client has been turned away. */
  async end(): Promise<void> {
    await this.#done;
    for (const sender of this.#senders) sender.close();
  }

  async #run(sender: OtlpSender): Promise<void> {
    for (;;) {
      const { traceId, bytes } = numberedTrace(this.#next++);
      try {
        await sender.send('traces', bytes);
      } catch {
        return;
      }
      this.acknowledged.add(traceId);
    }
  }
}

describe('SIGTERM under load', () => {
  test.each([
    ['a decision far away', '1h'],
    ['decisions all the time', '100ms'],
  ])('with %s: what was acknowledged is decided, sent and whole', async (_name, decisionWait) => {
    const sink = await OtlpSink.start();
    running.push(() => sink.stop());
    sink.answer = () => ({ kind: 'accept', delayMs: 5 });
    const tailSampling = `    decision_wait: ${decisionWait}\n    policies: [{name: all, type: always_sample}]\n`;
    const tailrace = await TailraceProcess.start(testConfig({ tailSampling, backend: sink.endpoint }));
    running.push(() => tailrace.kill());
    const load = new Load(tailrace.address('receivers.otlp.grpc'));

    await until('some load', () => load.acknowledged.size > 500);
    expect(accountOf(await tailrace.scrape()).difference).toBe(0);
    const status = await tailrace.stop();
    await load.end();

    expect(status, tailrace.output).toEqual({ code: 0, signal: null });
    const received = spanCounts(sink.bytesOf('traces'));
    expect([...load.acknowledged].filter((traceId) => !received.has(traceId))).toEqual([]);
    expect([...received].filter(([, spans]) => spans !== 5)).toEqual([]);
  });

  test('with a backend that is gone: what could not be sent is counted and said', async () => {
    const sink = await OtlpSink.start();
    running.push(() => sink.stop());
    sink.answer = () => ({ kind: 'hang' });
    const tailrace = await TailraceProcess.start(testConfig({ tailSampling: ALL_LATE, backend: sink.endpoint, shutdownTimeout: '2s' }));
    running.push(() => tailrace.kill());
    const sender = new OtlpSender(tailrace.address('receivers.otlp.grpc'));
    running.push(() => sender.close());
    for (let n = 1; n <= 20; n++) await sender.send('traces', numberedTrace(n).bytes);

    expect(await tailrace.stop(), tailrace.output).toEqual({ code: 0, signal: null });
    expect(sink.seen).toBeGreaterThan(0);
    const lost = tailrace.logs.filter((line) => ['warn', 'error'].includes(String(line.fields['level'])) && line.fields['items'] === 100);
    expect(lost.map((line) => line.message), tailrace.output).not.toEqual([]);
  });

  test('the account is zero at every moment of the stop', async () => {
    const sink = await OtlpSink.start();
    running.push(() => sink.stop());
    sink.answer = () => ({ kind: 'accept', delayMs: 300 });
    const exporter = '    sending_queue: {num_consumers: 1, batch: {sizer: items, min_size: 100, max_size: 100}}\n';
    const tailrace = await TailraceProcess.start(testConfig({ tailSampling: ALL_LATE, backend: sink.endpoint, exporter }));
    running.push(() => tailrace.kill());
    const load = new Load(tailrace.address('receivers.otlp.grpc'));
    await until('some load', () => load.acknowledged.size > 200);

    tailrace.signal('SIGTERM');
    const accounts: Account[] = [];
    for (;;) {
      const scrape = await tailrace.scrape().catch(() => undefined);
      if (scrape === undefined) break;
      accounts.push(accountOf(scrape));
    }
    await load.end();
    expect(await tailrace.exit(), tailrace.output).toEqual({ code: 0, signal: null });
    expect(accounts.filter((account) => account.difference !== 0)).toEqual([]);
    expect(accounts.some((account) => account.buffered + account.queued > 0)).toBe(true);
    expect(accounts.at(-1)).toMatchObject({ failed: 0, dropped: 0 });
  });
});
