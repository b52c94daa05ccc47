import { describe, expect, test } from 'vitest';
import type { Tracer } from '../../../src/component/tracer.ts';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { retryOnFailure, sendingQueue } from '../../../src/exporter/helper/config.ts';
import { encodedBy, EncodingError } from '../../../src/exporter/helper/encoding-error.ts';
import { QueuedExporter } from '../../../src/exporter/helper/queued-exporter.ts';
import type { Sender } from '../../../src/exporter/helper/sender.ts';
import { TAKEN } from '../../../src/exporter/helper/sender.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { exportRequest, span, tracesOf } from '../../support/otlp.ts';
import type { TestSettings } from '../../support/settings.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';
import type { Step } from '../support.ts';
import { fail, held, never, ScriptedSender, tracesRequest } from '../support.ts';

interface SetUp<S extends Sender> {
  readonly exporter: QueuedExporter;
  readonly sender: S;
  readonly clock: ManualClock;
  readonly settings: TestSettings;
}

function setUp(config: { readonly timeout?: number; readonly retry?: object; readonly queue?: object }, ...script: Step[]): SetUp<ScriptedSender> {
  const clock = new ManualClock();
  const settings = testSettings('otlp', clock);
  const sender = new ScriptedSender(...script);
  const delivery = {
    timeout: config.timeout ?? 5000,
    retry_on_failure: retryOnFailure.parse(config.retry ?? {}),
    sending_queue: sendingQueue.parse({ batch: { enabled: false }, ...config.queue }),
  };
  return { sender, clock, settings, exporter: new QueuedExporter(sender, delivery, { ...settings, signal: 'traces' }) };
}

/** Lets what has been started run as far as it gets without time passing. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const unavailable = new ConsumeError('unavailable', 'connection refused');
const failedItems = ({ settings }: SetUp<Sender>, reason: string): number | undefined =>
  settings.meter.value(`tailrace_exporter_failed_items{data_type="traces",exporter="otlp",reason="${reason}"}`);
const value = ({ settings }: SetUp<Sender>, name: string): number | undefined =>
  settings.meter.value(`${name}{exporter="otlp"}`) ?? settings.meter.value(`${name}{data_type="traces",exporter="otlp"}`);

describe('QueuedExporter', () => {
  test('takes over at once and sends', async () => {
    const t = setUp({});
    await t.exporter.start();
    await t.exporter.consume(tracesRequest('a', 'b'));
    expect(value(t, 'tailrace_exporter_queued_items')).toBe(2);
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.taken).toEqual(['a', 'b']);
    expect(value(t, 'otelcol_exporter_sent_spans')).toBe(2);
    expect(value(t, 'tailrace_exporter_queued_items')).toBe(0);
  });

  test('keeps bytes of its own', async () => {
    const { step, release } = held();
    const t = setUp({ queue: { num_consumers: 1 } }, step);
    const request = tracesRequest('a');
    await t.exporter.consume(tracesRequest('first'));
    await t.exporter.consume(request);
    request.bytes.fill(0);
    release();
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.taken).toEqual(['first', 'a']);
  });

  test('tries again after the waits of retry_on_failure', async () => {
    const t = setUp({}, fail(unavailable), fail(unavailable));
    await t.exporter.consume(tracesRequest('a'));
    await settle();
    await t.clock.tickAsync(4999);
    expect(t.sender.attempts).toHaveLength(1);
    await t.clock.tickAsync(1);
    expect(t.sender.attempts).toHaveLength(2);
    await t.clock.tickAsync(7499);
    expect(t.sender.attempts).toHaveLength(2);
    await t.clock.tickAsync(1);
    expect(t.sender.taken).toEqual(['a']);
    expect(value(t, 'tailrace_exporter_retries')).toBe(2);
    expect(value(t, 'otelcol_exporter_send_failed_spans')).toBe(0);
  });

  test('waits as long as the backend asks', async () => {
    const t = setUp({}, fail(new ConsumeError('overloaded', 'come back', { retryAfterMs: 60_000 })));
    await t.exporter.consume(tracesRequest('a'));
    await settle();
    await t.clock.tickAsync(59_999);
    expect(t.sender.taken).toEqual([]);
    await t.clock.tickAsync(1);
    expect(t.sender.taken).toEqual(['a']);
  });

  test.each<[string, object, ConsumeError, number]>([
    ['permanent', {}, new ConsumeError('permission_denied', 'not yours'), 1],
    ['retries_exhausted', { enabled: false }, unavailable, 1],
    ['retries_exhausted', { initial_interval: '1s', multiplier: 1, max_interval: '3s', max_elapsed_time: '3s' }, unavailable, 4],
  ])('ends as %s with retry %j', async (reason, retry, error, attempts) => {
    const t = setUp({ retry }, ...Array.from({ length: attempts }, () => fail(error)));
    await t.exporter.consume(tracesRequest('a', 'b'));
    await settle();
    await t.clock.tickAsync(10_000, 500);
    expect(t.sender.attempts).toHaveLength(attempts);
    expect(failedItems(t, reason)).toBe(2);
    expect(value(t, 'otelcol_exporter_send_failed_spans')).toBe(2);
    expect(value(t, 'otelcol_exporter_queue_size')).toBe(0);
  });

  test('gives an attempt up after its timeout and tries again', async () => {
    const t = setUp({ timeout: 2000 }, never);
    await t.exporter.consume(tracesRequest('a'));
    await t.clock.tickAsync(2000);
    expect(t.settings.logger.lines).toMatchObject([
      { level: 'warn', message: 'Sending failed and will be tried again', fields: { error: 'no answer within 2000 ms', items: 1, destination: 'backend:4317' } },
    ]);
    await t.clock.tickAsync(5000);
    expect(t.sender.taken).toEqual(['a']);
  });

  test('counts what the destination rejects and does not send it again', async () => {
    const t = setUp({}, () => ({ rejectedItems: 2, errorMessage: 'too old' }));
    await t.exporter.consume(tracesRequest('a', 'b', 'c'));
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.attempts).toHaveLength(1);
    expect(failedItems(t, 'rejected')).toBe(2);
    expect(value(t, 'otelcol_exporter_sent_spans')).toBe(1);
    expect(t.settings.logger.lines).toMatchObject([{ level: 'warn', fields: { error: 'too old', items: 2 } }]);
  });

  test('halves what the destination finds too large, in order', async () => {
    const tooLarge: Step = (request) => (request.itemCount > 2 ? Promise.reject(new ConsumeError('too_large', 'larger than max')) : TAKEN);
    const t = setUp({}, ...Array.from({ length: 20 }, () => tooLarge));
    await t.exporter.consume(tracesRequest('a', 'b', 'c', 'd', 'e'));
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.taken).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(value(t, 'otelcol_exporter_sent_spans')).toBe(5);
    expect(value(t, 'tailrace_exporter_queued_items')).toBe(0);
  });

  test('loses only the item that is too large', async () => {
    const hasB: Step = ({ bytes }) => (Buffer.from(bytes).includes('huge') ? Promise.reject(new ConsumeError('too_large', 'larger than max')) : TAKEN);
    const t = setUp({}, ...Array.from({ length: 20 }, () => hasB));
    await t.exporter.consume(tracesRequest('a', 'huge', 'c', 'd'));
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.taken).toEqual(['a', 'c', 'd']);
    expect(failedItems(t, 'permanent')).toBe(1);
  });

  test('loses only the item that the destination cannot read', async () => {
    const cannotRead: Step = ({ bytes }) => (Buffer.from(bytes).includes('damaged') ? Promise.reject(new ConsumeError('malformed', 'invalid UTF-8')) : TAKEN);
    const t = setUp({}, ...Array.from({ length: 64 }, () => cannotRead));
    const names = Array.from({ length: 500 }, (_, i) => (i === 321 ? 'damaged' : `span${i}`));
    await t.exporter.consume(tracesRequest(...names));
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.taken).toEqual(names.filter((name) => name !== 'damaged'));
    expect(failedItems(t, 'permanent')).toBe(1);
  });

  test('does not ask a destination that can read nothing about each item', async () => {
    const t = setUp({}, ...Array.from({ length: 1000 }, () => fail(new ConsumeError('malformed', 'no OTLP here'))));
    await t.exporter.consume(tracesRequest(...Array.from({ length: 500 }, (_, i) => `span${i}`)));
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.attempts.length).toBeLessThan(80);
    expect(failedItems(t, 'permanent')).toBe(500);
  });

  test('loses only the items that cannot be encoded, however many', async () => {
    const cannotEncode: Step = ({ bytes }) =>
      encodedBy(() => {
        if (Buffer.from(bytes).includes('damaged')) throw new RangeError('index out of range');
        return TAKEN;
      });
    const t = setUp({}, ...Array.from({ length: 1000 }, () => cannotEncode));
    const names = Array.from({ length: 500 }, (_, i) => (i % 7 === 3 ? `damaged${i}` : `span${i}`));
    const healthy = names.filter((name) => name.startsWith('span'));
    await t.exporter.consume(tracesRequest(...names));
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.taken).toEqual(healthy);
    expect(failedItems(t, 'permanent')).toBe(names.length - healthy.length);
  });

  test('does not encode a damaged resource again for each of its many items', async () => {
    let encodedBytes = 0;
    const cannotEncode: Step = ({ bytes }) => {
      encodedBytes += bytes.length;
      throw new EncodingError(new RangeError('index out of range'));
    };
    const t = setUp({}, ...Array.from({ length: 1000 }, () => cannotEncode));
    const spans = Array.from({ length: 400 }, (_, i) => span({ name: String(i) }));
    const request = exportRequest('traces', tracesOf(spans, 'x'.repeat(100_000)), spans.length);
    await t.exporter.consume(request);
    await t.exporter.shutdown(noDeadline());
    expect(encodedBytes).toBeLessThan(50 * request.bytes.length);
    expect(failedItems(t, 'permanent')).toBe(400);
  });

  test('sends num_consumers requests at a time', async () => {
    const gates = [held(), held(), held()];
    const t = setUp({ queue: { num_consumers: 2 } }, ...gates.map(({ step }) => step));
    for (const name of ['a', 'b', 'c']) await t.exporter.consume(tracesRequest(name));
    expect(t.sender.attempts).toHaveLength(2);
    expect(value(t, 'otelcol_exporter_in_flight_requests')).toBe(2);
    gates[0]?.release();
    await settle();
    expect(t.sender.attempts).toHaveLength(3);
  });

  test('refuses retryably when full and says so', async () => {
    const { step, release } = held();
    const t = setUp({ queue: { queue_size: 1 } }, step);
    await t.exporter.consume(tracesRequest('a'));
    const refused = t.exporter.consume(tracesRequest('b', 'c'));
    await expect(refused).rejects.toMatchObject({ code: 'overloaded', isRetryable: true, retryAfterMs: undefined });
    expect(value(t, 'otelcol_exporter_enqueue_failed_spans')).toBe(2);
    expect(value(t, 'otelcol_exporter_queue_capacity')).toBe(1);
    release();
    await settle();
    await t.exporter.consume(tracesRequest('b', 'c'));
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.taken).toEqual(['a', 'b', 'c']);
  });

  test('lets wait when full with block_on_overflow, in order', async () => {
    const gates = [held(), held()];
    const t = setUp({ queue: { queue_size: 1, block_on_overflow: true } }, ...gates.map(({ step }) => step));
    const done: string[] = [];
    for (const name of ['a', 'b', 'c']) void t.exporter.consume(tracesRequest(name)).then(() => done.push(name));
    await settle();
    expect(done).toEqual(['a']);
    gates[0]?.release();
    await settle();
    expect(done).toEqual(['a', 'b']);
    gates[1]?.release();
    await settle();
    expect(done).toEqual(['a', 'b', 'c']);
    expect(t.sender.taken).toEqual(['a', 'b', 'c']);
  });

  test('refuses who waits when it stops', async () => {
    const { step, release } = held();
    const t = setUp({ queue: { queue_size: 1, block_on_overflow: true } }, step);
    await t.exporter.consume(tracesRequest('a'));
    const waiting = t.exporter.consume(tracesRequest('b'));
    const stopped = t.exporter.shutdown(noDeadline());
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    await expect(t.exporter.consume(tracesRequest('c'))).rejects.toMatchObject({ code: 'unavailable' });
    release();
    await stopped;
    expect(t.sender.taken).toEqual(['a']);
  });

  test('writes one line for many failures', async () => {
    const t = setUp({ queue: { num_consumers: 50 } }, ...Array.from({ length: 50 }, () => fail(unavailable)));
    for (let i = 0; i < 50; i++) await t.exporter.consume(tracesRequest('a', 'b'));
    await settle();
    expect(t.settings.logger.lines).toMatchObject([{ fields: { requests: 1, items: 2 } }]);
    await t.exporter.shutdown(noDeadline());
    expect(t.settings.logger.lines).toMatchObject([{}, { fields: { requests: 49, items: 98, error: 'connection refused' } }]);
  });
});

describe('own traces', () => {
  interface Traced {
    readonly name: string;
    readonly attributes: Record<string, unknown>;
    ended: (Error | undefined)[];
  }

  test('have one span for each request, failed or not', async () => {
    const clock = new ManualClock();
    const spans: Traced[] = [];
    const tracer: Tracer = {
      startSpan(name, kind) {
        const traced: Traced = { name: `${kind} ${name}`, attributes: {}, ended: [] };
        spans.push(traced);
        return { setAttribute: (key, set) => void (traced.attributes[key] = set), end: (error) => void traced.ended.push(error) };
      },
    };
    const malformed = new ConsumeError('malformed', 'no OTLP');
    const sender = new ScriptedSender(fail(malformed), fail(unavailable));
    const config = { timeout: 0, retry_on_failure: retryOnFailure.parse({}), sending_queue: sendingQueue.parse({ batch: { enabled: false } }) };
    const exporter = new QueuedExporter(sender, config, { ...testSettings('otlp', clock), tracer, signal: 'traces' });
    await exporter.consume(tracesRequest('a'));
    await exporter.consume(tracesRequest('b', 'c'));
    await settle();
    await exporter.shutdown(noDeadline());
    expect(spans).toMatchObject([
      { name: 'client exporter/otlp/traces', attributes: { items: 1, attempts: 1 }, ended: [malformed] },
      { name: 'client exporter/otlp/traces', attributes: { items: 2, attempts: 2 }, ended: [undefined] },
    ]);
  });
});

describe('QueuedExporter.shutdown', () => {
  test('is safe before start and twice', async () => {
    const t = setUp({});
    await t.exporter.shutdown(noDeadline());
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.closed).toBe(1);
  });

  test('sends what waits to be joined', async () => {
    const t = setUp({ queue: { batch: {} } });
    await t.exporter.consume(tracesRequest('a'));
    await t.exporter.consume(tracesRequest('b'));
    expect(t.sender.attempts).toEqual([]);
    await t.exporter.shutdown(noDeadline());
    expect(t.sender.attempts).toEqual([['a', 'b']]);
    expect(t.clock.pendingTimers).toBe(0);
  });

  test('cuts waits short and goes on trying every second', async () => {
    const t = setUp({ retry: { initial_interval: '1m', max_interval: '10m', max_elapsed_time: '0s' } }, fail(unavailable), fail(unavailable), fail(unavailable));
    await t.exporter.consume(tracesRequest('a'));
    await settle();
    const stopped = t.exporter.shutdown(noDeadline());
    await settle();
    expect(t.sender.attempts).toHaveLength(2);
    await t.clock.tickAsync(999);
    expect(t.sender.attempts).toHaveLength(2);
    await t.clock.tickAsync(1);
    expect(t.sender.attempts).toHaveLength(3);
    await t.clock.tickAsync(1000);
    await stopped;
    expect(t.sender.taken).toEqual(['a']);
  });

  test('does not come back before the backend asked it to', async () => {
    const t = setUp({}, fail(new ConsumeError('overloaded', 'later', { retryAfterMs: 5000 })));
    await t.exporter.consume(tracesRequest('a'));
    await settle();
    const stopped = t.exporter.shutdown(noDeadline());
    await t.clock.tickAsync(4999);
    expect(t.sender.attempts).toHaveLength(1);
    await t.clock.tickAsync(1);
    await stopped;
    expect(t.sender.taken).toEqual(['a']);
  });

  test('ends at the deadline, counts the rest and says where it was to go', async () => {
    const t = setUp({ queue: { num_consumers: 1 } }, never);
    await t.exporter.consume(tracesRequest('a', 'b'));
    await t.exporter.consume(tracesRequest('c'));
    const abort = new AbortController();
    const stopped = t.exporter.shutdown(noDeadline(abort.signal));
    await settle();
    abort.abort();
    await stopped;
    expect(failedItems(t, 'shutdown')).toBe(3);
    expect(value(t, 'tailrace_exporter_queued_items')).toBe(0);
    expect(t.sender).toMatchObject({ attempts: [['a', 'b']], closed: 1 });
    expect(t.settings.logger.lines.at(-1)).toMatchObject({ level: 'error', fields: { items: 3, destination: 'backend:4317' } });
  });

  test('ends at once when the deadline is over already', async () => {
    const t = setUp({}, fail(unavailable));
    await t.exporter.consume(tracesRequest('a'));
    await settle();
    await t.exporter.shutdown(noDeadline(AbortSignal.abort()));
    expect(failedItems(t, 'shutdown')).toBe(1);
  });
});
