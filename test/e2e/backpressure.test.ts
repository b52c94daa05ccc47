import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { decodeRpcStatus } from '../../src/pdata/service/rpc-status.ts';
import { accountOf } from '../support/account.ts';
import { OtlpSender } from '../support/otlp-sender.ts';
import { TailraceProcess } from '../support/process.ts';
import type { SinkAnswer } from '../support/sink.ts';
import { OtlpSink } from '../support/sink.ts';
import { testConfig } from '../support/tailrace-config.ts';
import { numberedTrace, spanCounts } from '../support/trace-load.ts';
import { until } from '../support/until.ts';

const TAIL_SAMPLING = `
    decision_wait: 50ms
    window: {max_spans: 500}
    policies: [{name: all, type: always_sample}]
`;
/** A queue that is soon full, and a retry that does not give up while the test runs. */
const EXPORTER = `
    timeout: 2s
    sending_queue: {queue_size: 10, num_consumers: 2, batch: {sizer: items, min_size: 50, max_size: 200, flush_timeout: 10ms}}
    retry_on_failure: {initial_interval: 50ms, max_interval: 200ms, max_elapsed_time: 0}
`;

/** Bytes of text in a span, so that a few hundred traces fill what may wait between window and exporter. */
const LARGE = 10_000;

/** A gRPC error as grpc-js rejects with it. */
interface Refusal {
  readonly code: status;
  readonly details: string;
  readonly metadata: { get(key: string): readonly (string | Buffer)[] };
}

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
});

const troubles: readonly (readonly [string, SinkAnswer])[] = [
  ['refuses', { kind: 'refuse', code: status.UNAVAILABLE, message: 'restarting' }],
  ['is full and says when to come again', { kind: 'refuse', code: status.RESOURCE_EXHAUSTED, message: 'full', retryDelayMs: 100 }],
  ['never answers', { kind: 'hang' }],
];

describe('a backend in trouble', () => {
  test.each(troubles)('one that %s holds back decisions, then input, and loses nothing', async (_name, answer) => {
    const sink = await OtlpSink.start();
    running.push(() => sink.stop());
    sink.answer = () => answer;
    const config = testConfig({ tailSampling: TAIL_SAMPLING, backend: sink.endpoint, exporter: EXPORTER });
    const tailrace = await TailraceProcess.start(config);
    running.push(() => tailrace.kill());
    const sender = new OtlpSender(tailrace.address('receivers.otlp.grpc'));
    running.push(() => sender.close());

    const acknowledged = new Set<string>();
    let n = 0;
    const refusal = await until('a refusal', async (): Promise<Refusal | undefined> => {
      for (let i = 0; i < 50; i++) {
        const { traceId, bytes } = numberedTrace(++n, LARGE);
        try {
          await sender.send('traces', bytes);
        } catch (error) {
          return error as Refusal;
        }
        acknowledged.add(traceId);
      }
      return undefined;
    });

    expect([status.RESOURCE_EXHAUSTED, status.UNAVAILABLE], refusal.details).toContain(refusal.code);
    if (refusal.code === status.RESOURCE_EXHAUSTED) {
      const [details] = refusal.metadata.get('grpc-status-details-bin');
      expect(decodeRpcStatus(details as Buffer).retryDelayMs).toBeGreaterThan(0);
    }
    const held = accountOf(await tailrace.scrape());
    expect(held).toMatchObject({ sent: 0, failed: 0, dropped: 0, difference: 0 });
    expect(held.buffered + held.queued).toBe(held.accepted);

    sink.answer = () => ({ kind: 'accept' });
    const settled = await until('everything to be sent', async () => {
      const account = accountOf(await tailrace.scrape());
      return account.buffered + account.queued === 0 && account;
    });
    expect(settled).toMatchObject({ accepted: acknowledged.size * 5, sent: acknowledged.size * 5, failed: 0, dropped: 0, difference: 0 });
    const received = spanCounts(sink.bytesOf('traces'));
    expect([...acknowledged].filter((traceId) => received.get(traceId) !== 5)).toEqual([]);

    const before = sink.bytesOf('traces').length;
    const afterwards = numberedTrace(++n);
    await sender.send('traces', afterwards.bytes);
    // Reading all of them again would keep the sink, which is in this process, from answering in time.
    await until('traffic to flow again', () => spanCounts(sink.bytesOf('traces').slice(before)).get(afterwards.traceId) === 5);
  });
});
