import { describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { retryOnFailure, sendingQueue } from '../../../src/exporter/helper/config.ts';
import { DirectExporter } from '../../../src/exporter/helper/direct-exporter.ts';
import { TAKEN } from '../../../src/exporter/helper/sender.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import type { TestSettings } from '../../support/settings.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';
import type { Step } from '../support.ts';
import { fail, held, never, ScriptedSender, tracesRequest } from '../support.ts';

function setUp(retry: object, ...script: Step[]): { exporter: DirectExporter; sender: ScriptedSender; clock: ManualClock; settings: TestSettings } {
  const clock = new ManualClock();
  const settings = testSettings('debug', clock);
  const sender = new ScriptedSender(...script);
  const config = { timeout: 5000, retry_on_failure: retryOnFailure.parse(retry), sending_queue: sendingQueue.parse({ enabled: false }) };
  return { sender, clock, settings, exporter: new DirectExporter(sender, config, { ...settings, signal: 'traces' }) };
}

describe('DirectExporter', () => {
  test('settles with the answer of the destination', async () => {
    const { step, release } = held();
    const { exporter, clock, sender } = setUp({}, step);
    let taken = false;
    void exporter.consume(tracesRequest('a')).then(() => (taken = true));
    await clock.tickAsync(1);
    expect(taken).toBe(false);
    release();
    await clock.tickAsync(1);
    expect(taken).toBe(true);
    expect(sender.taken).toEqual(['a']);
  });

  test('gives back what failed, so that it is not counted as lost', async () => {
    const { exporter, settings } = setUp({}, fail(new ConsumeError('malformed', 'no OTLP')));
    await expect(exporter.consume(tracesRequest('a'))).rejects.toMatchObject({ code: 'malformed' });
    expect(settings.meter.total('otelcol_exporter_send_failed_spans')).toBe(1);
    expect(settings.meter.total('tailrace_exporter_failed_items')).toBe(0);
  });

  test('counts what comes again and again once, when it is sent', async () => {
    const unavailable = new ConsumeError('unavailable', 'connection refused');
    const { exporter, settings } = setUp({ enabled: false }, fail(unavailable), fail(unavailable), fail(unavailable));
    for (let i = 0; i < 3; i++) await expect(exporter.consume(tracesRequest('a', 'b'))).rejects.toMatchObject({ code: 'unavailable' });
    await exporter.consume(tracesRequest('a', 'b'));
    expect(settings.meter.total('otelcol_exporter_send_failed_spans')).toBe(0);
    expect(settings.meter.total('tailrace_exporter_failed_items')).toBe(0);
    expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(2);
    expect(settings.logger.lines).toMatchObject([{ level: 'warn', fields: { items: 2, error: 'connection refused' } }]);
  });

  test('asks for a request again when a part of it may pass later and nothing was taken', async () => {
    const { exporter, sender, settings } = setUp(
      { enabled: false },
      fail(new ConsumeError('malformed', 'invalid UTF-8')),
      fail(new ConsumeError('malformed', 'invalid UTF-8')),
      fail(new ConsumeError('unavailable', 'disk full')),
    );
    await expect(exporter.consume(tracesRequest('damaged', 'b'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(sender.attempts).toEqual([['damaged', 'b'], ['damaged'], ['b']]);
    expect(settings.meter.total('otelcol_exporter_send_failed_spans')).toBe(0);
  });

  test('keeps what was taken in part', async () => {
    const tooLarge: Step = ({ bytes, itemCount }) =>
      itemCount > 1 || Buffer.from(bytes).includes('huge') ? Promise.reject(new ConsumeError('too_large', 'larger than max')) : TAKEN;
    const { exporter, settings, sender } = setUp({}, tooLarge, tooLarge, tooLarge);
    await exporter.consume(tracesRequest('a', 'huge'));
    expect(sender.taken).toEqual(['a']);
    expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(1);
    expect(settings.meter.total('tailrace_exporter_failed_items')).toBe(1);
  });

  test('waits for what is under way when it stops, until the deadline', async () => {
    const { exporter, sender, clock } = setUp({}, never);
    const abort = new AbortController();
    const refused = exporter.consume(tracesRequest('a')).catch((error: unknown) => error);
    const stopped = exporter.shutdown(noDeadline(abort.signal));
    await clock.tickAsync(1);
    expect(sender.closed).toBe(0);
    abort.abort();
    await stopped;
    expect(await refused).toBeInstanceOf(ConsumeError);
    await exporter.shutdown(noDeadline());
    expect(sender.closed).toBe(1);
    await expect(exporter.consume(tracesRequest('b'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
