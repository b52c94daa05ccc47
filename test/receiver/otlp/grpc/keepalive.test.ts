import { status } from '@grpc/grpc-js';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ACK, ENHANCE_YOUR_CALM, GOAWAY, NO_ERROR, PING } from '../../../../src/receiver/otlp/http2/frames.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { encodeRequest, span, tracesOf } from '../../../support/otlp.ts';
import { RawConnection, frame, uint32 } from '../http2/raw-connection.ts';
import { exportOverGrpc, grpcClient, startReceiver } from '../start-receiver.ts';
import { call, http2Session, openCall, outcomeOf, prefixed } from './http2-call.ts';

const TRACES = encodeRequest('traces', tracesOf([span()]));
const MESSAGE = prefixed(TRACES);
const HOUR_MS = 3_600_000;

/** A receiver whose connections live by a clock that stands still. */
async function startWith(keepalive: object | undefined, next?: { consume: () => Promise<void> }) {
  const clock = new ManualClock();
  const started = await startReceiver({
    clock,
    ...(keepalive === undefined ? {} : { grpc: { keepalive } }),
    ...(next === undefined ? {} : { next: { traces: next } }),
  });
  return { clock, ...started };
}

const pingsOf = (connection: RawConnection): Buffer[] =>
  connection.frames.filter(({ type, flags }) => type === PING && flags !== ACK).map(({ payload }) => payload);

const goawaysOf = (connection: RawConnection): number => connection.frames.filter(({ type }) => type === GOAWAY).length;

describe('max_connection_idle', () => {
  const server_parameters = { max_connection_idle: '10s' };

  test('closes a connection that never had a call, and one whose last call is over', async () => {
    const { clock, grpcPort } = await startWith({ server_parameters });
    const fresh = RawConnection.open(grpcPort);
    await fresh.settle();
    const session = http2Session(grpcPort);
    await once(session, 'remoteSettings');
    clock.tick(9000);
    await call(session, MESSAGE);
    clock.tick(1000);
    await expect.poll(() => fresh.goawayCode).toBe(NO_ERROR);
    clock.tick(8999);
    expect(await call(session, MESSAGE)).toMatchObject({ status: status.OK });
    const goaway = once(session, 'goaway');
    clock.tick(10_000);
    expect((await goaway)[0]).toBe(NO_ERROR);
  });

  test('leaves a connection with a call under way', async () => {
    const { clock, grpcPort } = await startWith({ server_parameters });
    const session = http2Session(grpcPort);
    const stream = openCall(session);
    const outcome = outcomeOf(stream);
    stream.write(MESSAGE.subarray(0, 10));
    await call(session, MESSAGE);
    clock.tick(60_000);
    stream.end(MESSAGE.subarray(10));
    expect(await outcome).toMatchObject({ status: status.OK });
  });

  test.each([{}, { max_connection_idle: '0s', max_connection_age: '0s', max_connection_age_grace: '0s', time: '0s', timeout: '0s' }])('%o: never', async (parameters) => {
    const { clock, grpcPort } = await startWith({ server_parameters: parameters });
    const session = http2Session(grpcPort);
    await call(session, MESSAGE);
    clock.tick(HOUR_MS);
    expect(await call(session, MESSAGE)).toMatchObject({ status: status.OK });
  });
});

describe('max_connection_age', () => {
  // The tests' random number is the middle of the jitter.
  const server_parameters = { max_connection_age: '60s', max_connection_age_grace: '5s' };

  test('lets calls under way end, for as long as the grace says', async () => {
    const waiting: (() => void)[] = [];
    const { clock, grpcPort } = await startWith({ server_parameters }, { consume: () => new Promise((resolve) => void waiting.push(resolve)) });
    const session = http2Session(grpcPort);
    const outcomes = [call(session, MESSAGE), call(session, MESSAGE)];
    await expect.poll(() => waiting.length).toBe(2);
    const goaway = once(session, 'goaway');
    clock.tick(60_000);
    expect((await goaway)[0]).toBe(NO_ERROR);
    waiting[0]!();
    expect(await outcomes[0]).toMatchObject({ status: status.OK });
    clock.tick(4999);
    expect(session.destroyed).toBe(false);
    clock.tick(1);
    expect(await outcomes[1]).toMatchObject({ status: undefined });
  });

  test('fails no call of a client that goes on sending', async () => {
    const { clock, settings, grpcPort } = await startWith({ server_parameters: { max_connection_age: '60s' } });
    const client = grpcClient(grpcPort);
    for (let age = 0; age < 10; age++) {
      const results = Array.from({ length: 50 }, () => exportOverGrpc(client, 'traces', TRACES));
      setImmediate(() => clock.tick(60_000));
      const failed = (await Promise.all(results)).filter((result) => 'error' in result);
      expect(failed).toEqual([]);
    }
    expect(settings.meter.total('otelcol_receiver_accepted_spans')).toBe(500);
  });
});

test('a client that neither answers nor closes is cut off two seconds later', async () => {
  const { clock, grpcPort } = await startWith({ server_parameters: { max_connection_idle: '10s' } });
  const connection = RawConnection.open(grpcPort, { allowHalfOpen: true });
  await connection.settle();
  clock.tick(10_000);
  await expect.poll(() => goawaysOf(connection)).toBe(1);
  clock.tick(1000);
  await expect.poll(() => goawaysOf(connection)).toBe(2);
  clock.tick(999);
  expect(connection.isClosed).toBe(false);
  clock.tick(1);
  // A client that has not closed its own side learns of it when it writes.
  connection.flood(frame(PING, 0, 0, uint32(0, 0)));
  await connection.closed;
});

test('who connects and says nothing is cut off after two minutes', async () => {
  const { clock, grpcPort } = await startWith(undefined);
  const silent = new RawConnection(grpcPort);
  const talking = RawConnection.open(grpcPort);
  await talking.settle();
  // The server's settings are the first that comes.
  await expect.poll(() => silent.frames.length).toBeGreaterThan(0);
  clock.tick(120_000);
  await silent.closed;
  await talking.settle();
});

describe('time and timeout', () => {
  const server_parameters = { time: '30s', timeout: '5s' };

  test('a client that answers stays', async () => {
    const { clock, grpcPort } = await startWith({ server_parameters });
    const connection = RawConnection.open(grpcPort);
    await connection.settle();
    for (let pings = 1; pings <= 3; pings++) {
      clock.tick(30_000);
      await expect.poll(() => pingsOf(connection).length).toBe(pings);
      connection.send(connection.pong());
      await connection.settle();
    }
    expect(connection.isClosed).toBe(false);
  });

  test('one that does not is cut off', async () => {
    const { clock, grpcPort } = await startWith({ server_parameters });
    const connection = RawConnection.open(grpcPort);
    await connection.settle();
    clock.tick(30_000);
    await expect.poll(() => pingsOf(connection).length).toBe(1);
    clock.tick(4999);
    await connection.settle();
    clock.tick(1);
    await connection.closed;
  });

  test('two hours and twenty seconds where nothing is configured', async () => {
    const { clock, grpcPort } = await startWith(undefined);
    const connection = RawConnection.open(grpcPort);
    await connection.settle();
    clock.tick(2 * HOUR_MS - 1);
    await connection.settle();
    expect(pingsOf(connection)).toHaveLength(0);
    clock.tick(1);
    await expect.poll(() => pingsOf(connection).length).toBe(1);
    clock.tick(20_000);
    await connection.closed;
  });
});

describe('enforcement_policy', () => {
  const ping = frame(PING, 0, 0, Buffer.alloc(8));

  test.each([
    ['nothing configured: as often as they want', undefined, 0, 100, false],
    ['min_time kept', { enforcement_policy: { min_time: '10s', permit_without_stream: true } }, 10_000, 20, false],
    ['min_time not kept', { enforcement_policy: { min_time: '10s', permit_without_stream: true } }, 9999, 4, true],
    ['min_time not kept, three times', { enforcement_policy: { min_time: '10s', permit_without_stream: true } }, 9999, 3, false],
    ['without a call, where that is not permitted', { enforcement_policy: { min_time: '10s' } }, 10_000, 4, true],
    ['without a call, every two hours', { enforcement_policy: { min_time: '10s' } }, 2 * HOUR_MS, 10, false],
    ['the default of five minutes not kept', { enforcement_policy: { permit_without_stream: true } }, 299_999, 4, true],
    ['the default of five minutes kept', { enforcement_policy: { permit_without_stream: true } }, 300_000, 10, false],
  ])('%s', async (_what, keepalive, everyMs, count, isTooMany) => {
    const { clock, grpcPort } = await startWith(keepalive);
    const connection = RawConnection.open(grpcPort);
    await connection.settle();
    for (let i = 0; i < count; i++) {
      clock.tick(everyMs);
      if (everyMs === 2 * HOUR_MS) {
        // The server's own ping falls due, too.
        await expect.poll(() => pingsOf(connection).length).toBe(i + 1);
        connection.send(connection.pong());
      }
      connection.send(ping);
      if (!isTooMany || i < count - 1) await connection.settle();
    }
    if (!isTooMany) {
      expect(connection.goawayCode).toBeUndefined();
      return;
    }
    await connection.closed;
    expect(connection.goawayCode).toBe(ENHANCE_YOUR_CALM);
    expect(connection.goawayTexts).toContain('too_many_pings');
  });

  test('an answer to a call forgives pings', async () => {
    const { grpcPort } = await startWith({ enforcement_policy: { min_time: '10s' } });
    const session = http2Session(grpcPort);
    for (let i = 0; i < 10; i++) {
      await call(session, MESSAGE);
      await new Promise((resolve) => session.ping(resolve));
    }
    expect(await call(session, MESSAGE)).toMatchObject({ status: status.OK });
  });
});
