import { Metadata, status } from '@grpc/grpc-js';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../../src/consumer/consume-error.ts';
import { decodeRpcStatus } from '../../../../src/pdata/service/rpc-status.ts';
import { FailingConsumer } from '../../../support/consumers.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { encodeRequest, span, tracesOf } from '../../../support/otlp.ts';
import { exportOverGrpc, grpcClient, startReceiver } from '../start-receiver.ts';
import { call, http2Session, openCall, outcomeOf, prefixed } from './http2-call.ts';

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, and statuscodes.md for who answers with what. */

const TRACES = encodeRequest('traces', tracesOf([span()]));
const MESSAGE = prefixed(TRACES);

const reasonOf = (reason: string): string => `tailrace_receiver_refused_requests{reason="${reason}",receiver="otlp",transport="grpc"}`;

describe('what a request may look like', () => {
  test.each([
    ['content type with a codec', { 'content-type': 'application/grpc+proto' }],
    ['content type with a parameter', { 'content-type': 'application/grpc; charset=utf-8' }],
    ['content type in capitals', { 'content-type': 'Application/GRPC' }],
    ['no te', { te: undefined }],
    ['an encoding that this message does not use', { 'grpc-encoding': 'gzip' }],
    ['identity', { 'grpc-encoding': 'identity' }],
    ['a timeout', { 'grpc-timeout': '99999999H' }],
    ['metadata of its own', { 'x-scope': 'a', 'x-key-bin': 'AAEC', authorization: 'Bearer x' }],
  ])('%s', async (_what, headers) => {
    const { sink, grpcPort } = await startReceiver();
    const outcome = await call(http2Session(grpcPort), MESSAGE, headers);
    expect(outcome).toMatchObject({ httpStatus: 200, status: status.OK, body: prefixed(Buffer.alloc(0)) });
    expect(Buffer.from(sink.requests[0]!.bytes)).toEqual(Buffer.from(TRACES));
  });

  test('a message in frames of one byte and of none', async () => {
    const { sink, grpcPort } = await startReceiver();
    const large = encodeRequest('traces', tracesOf([span({ name: 'n'.repeat(3000) })]));
    const stream = openCall(http2Session(grpcPort));
    const outcome = outcomeOf(stream);
    for (const byte of prefixed(large)) {
      stream.write(Buffer.of(byte));
      stream.write(Buffer.alloc(0));
    }
    stream.end();
    expect(await outcome).toMatchObject({ status: status.OK });
    expect(Buffer.from(sink.requests[0]!.bytes)).toEqual(Buffer.from(large));
  });

  test('success is headers, the message and trailers', async () => {
    const { grpcPort } = await startReceiver();
    const { headers, trailers } = await call(http2Session(grpcPort), MESSAGE);
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity,deflate,gzip' });
    expect(headers).not.toHaveProperty('grpc-status');
    expect(Object.entries(trailers ?? {})).toEqual([['grpc-status', '0']]);
  });
});

describe('what is no call', () => {
  test.each([
    ['another method', { ':method': 'PUT' }, 405, status.INTERNAL, 'wrong_method'],
    ['no content type', { 'content-type': undefined }, 415, status.INTERNAL, 'unsupported_content_type'],
    ['JSON', { 'content-type': 'application/json' }, 415, status.INTERNAL, 'unsupported_content_type'],
    ['gRPC with JSON in it', { 'content-type': 'application/grpc+json' }, 415, status.INTERNAL, 'unsupported_content_type'],
    ['gRPC-Web', { 'content-type': 'application/grpc-web' }, 415, status.INTERNAL, 'unsupported_content_type'],
    ['an unknown service', { ':path': '/a.B/Export' }, 200, status.UNIMPLEMENTED, 'unknown_path'],
    ['an unknown method', { ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Import' }, 200, status.UNIMPLEMENTED, 'unknown_path'],
    ['an unknown encoding', { 'grpc-encoding': 'snappy' }, 200, status.UNIMPLEMENTED, 'unsupported_content_encoding'],
    ['a timeout without a unit', { 'grpc-timeout': '100' }, 200, status.INTERNAL, 'malformed'],
    ['a timeout of nine digits', { 'grpc-timeout': '100000000n' }, 200, status.INTERNAL, 'malformed'],
  ])('%s is answered in its headers, before its body came', async (_what, headers, httpStatus, code, reason) => {
    const { sink, settings, grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    const outcome = await outcomeOf(openCall(session, headers));
    expect(outcome).toMatchObject({ httpStatus, status: code, trailers: undefined, resetCode: 0 });
    expect(outcome.headers['grpc-accept-encoding']).toBe('identity,deflate,gzip');
    expect(settings.meter.value(reasonOf(reason))).toBe(1);
    expect(await call(session, MESSAGE)).toMatchObject({ status: status.OK });
    expect(sink.requests).toHaveLength(1);
  });
});

describe('what is no message', () => {
  const gzip = { 'grpc-encoding': 'gzip' };
  test.each([
    ['none', Buffer.alloc(0), {}, status.UNIMPLEMENTED, 'the call has no message'],
    ['two', Buffer.concat([MESSAGE, MESSAGE]), {}, status.UNIMPLEMENTED, `the call goes on after its one message of ${TRACES.length} bytes`],
    ['half a prefix', MESSAGE.subarray(0, 3), {}, status.INTERNAL, 'the call ends after 3 bytes, within its message'],
    ['half a message', MESSAGE.subarray(0, 20), {}, status.INTERNAL, 'the call ends after 20 bytes, within its message'],
    ['a flag that means nothing', prefixed(TRACES, { flag: 2 }), gzip, status.INTERNAL, 'the compressed flag is 2, neither 0 nor 1'],
    ['compressed, not said with what', prefixed(gzipSync(TRACES), { flag: 1 }), {}, status.INTERNAL, 'the message says that it is compressed, grpc-encoding not with what'],
    ['compressed with something else', prefixed(TRACES, { flag: 1 }), gzip, status.INVALID_ARGUMENT, 'the body is not encoded as gzip: incorrect header check'],
  ])('%s', async (_what, body, headers, code, message) => {
    const { sink, settings, grpcPort } = await startReceiver();
    const session = http2Session(grpcPort);
    expect(await call(session, body, headers)).toMatchObject({ httpStatus: 200, status: code, message });
    expect(settings.meter.value(reasonOf('malformed'))).toBe(1);
    expect(await call(session, MESSAGE)).toMatchObject({ status: status.OK });
    expect(sink.requests).toHaveLength(1);
  });

  test('one above the limit is refused by its prefix, and its body takes nothing from the calls beside it', async () => {
    const { sink, settings, grpcPort } = await startReceiver({ grpc: { max_recv_msg_size_mib: 1 } });
    const session = http2Session(grpcPort);
    const tooLarge = prefixed(Buffer.alloc(16_379), { length: 2 ** 20 + 1 });
    // More than the window of the connection, so that what is thrown away has to be given back to it.
    for (let i = 0; i < 40; i++) {
      const stream = openCall(session);
      const outcome = outcomeOf(stream);
      stream.write(tooLarge);
      for (let sent = 0; sent < 2 ** 20; sent += 2 ** 16) stream.write(Buffer.alloc(2 ** 16));
      expect(await outcome).toMatchObject({ status: status.RESOURCE_EXHAUSTED, resetCode: 0 });
    }
    expect(settings.meter.value(reasonOf('too_large'))).toBe(40);
    expect(await call(session, MESSAGE)).toMatchObject({ status: status.OK });
    expect(sink.requests).toHaveLength(1);
  });

  test('a body without end is cut off where its message ends', async () => {
    const { grpcPort } = await startReceiver();
    const stream = openCall(http2Session(grpcPort));
    const outcome = outcomeOf(stream);
    stream.write(MESSAGE);
    const more = (): void => void (stream.closed || stream.write(Buffer.alloc(1000), more));
    more();
    expect(await outcome).toMatchObject({ status: status.UNIMPLEMENTED });
  });
});

describe('grpc-message', () => {
  test.each([
    ['plain', 'all full: 100 of 100', 'all full: 100 of 100'],
    ['percent', '50 % full', '50 %25 full'],
    ['lines', 'a\r\nb\tc', 'a%0D%0Ab%09c'],
    ['beyond ASCII', 'für 日本 🚀', 'f%C3%BCr %E6%97%A5%E6%9C%AC %F0%9F%9A%80'],
    ['delete', '\x7f~', '%7F~'],
    ['space at its ends, which headers may not have', '  a b  ', '%20 a b %20'],
    ['nothing', '', ''],
    ['half a surrogate', 'a\ud800b', 'a%EF%BF%BDb'],
  ])('%s', async (_what, text, encoded) => {
    const { grpcPort } = await startReceiver({ next: { traces: new FailingConsumer(new ConsumeError('rejected', text)) } });
    expect((await call(http2Session(grpcPort), MESSAGE)).message).toBe(encoded);
    const result = await exportOverGrpc(grpcClient(grpcPort), 'traces', TRACES);
    expect(result).toMatchObject({ error: { code: status.FAILED_PRECONDITION, details: decodeURIComponent(encoded) } });
  });
});

test('of a long message the beginning is told: clients give up answers with headers of more than 8 KiB', async () => {
  const next = new FailingConsumer(new ConsumeError('overloaded', '语'.repeat(10_000), { retryAfterMs: 250 }));
  const { grpcPort } = await startReceiver({ next: { traces: next } });
  const { status: code, message, headers } = await call(http2Session(grpcPort), MESSAGE);
  expect(code).toBe(status.RESOURCE_EXHAUSTED);
  expect(decodeURIComponent(message ?? '')).toBe(`${'语'.repeat(500)}…`);
  expect(Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length + 32, 0)).toBeLessThan(8192);
  const details = Buffer.from(String(headers['grpc-status-details-bin']), 'base64');
  expect(decodeRpcStatus(details)).toMatchObject({ message: `${'语'.repeat(500)}…`, retryDelayMs: 250 });
});

test.each(['a', 'ab', 'abc'])('details are base64 without padding: of %s', async (text) => {
  const { grpcPort } = await startReceiver({ next: { traces: new FailingConsumer(new ConsumeError('rejected', text)) } });
  const { headers } = await call(http2Session(grpcPort), MESSAGE);
  const details = String(headers['grpc-status-details-bin']);
  expect(details).toMatch(/^[A-Za-z0-9+/]+$/);
  expect(decodeRpcStatus(Buffer.from(details, 'base64')).message).toBe(text);
});

describe('grpc-timeout', () => {
  test.each([
    ['50m', 50],
    ['2S', 2000],
    ['3M', 180_000],
    ['1H', 3_600_000],
    ['70000u', 70],
    ['90000000n', 90],
  ])('%s: a call whose message does not come ends after %i ms', async (timeout, ms) => {
    const clock = new ManualClock();
    const { settings, grpcPort } = await startReceiver({ clock });
    const session = http2Session(grpcPort);
    const stream = openCall(session, { 'grpc-timeout': timeout });
    const outcome = outcomeOf(stream);
    stream.write(MESSAGE.subarray(0, 10));
    await call(session, MESSAGE);
    clock.tick(ms - 1);
    expect(settings.meter.value(reasonOf('timeout'))).toBeUndefined();
    clock.tick(101);
    expect(await outcome).toMatchObject({ status: status.DEADLINE_EXCEEDED, resetCode: 0 });
    expect(settings.meter.value(reasonOf('timeout'))).toBe(1);
  });

  test('a call that the pipeline holds ends, its request is counted by what becomes of it', async () => {
    const clock = new ManualClock();
    let take = (): void => undefined;
    const next = { consume: () => new Promise<void>((resolve) => (take = resolve)) };
    const { settings, grpcPort } = await startReceiver({ clock, next: { traces: next } });
    const outcome = call(http2Session(grpcPort), MESSAGE, { 'grpc-timeout': '1S' });
    await expect.poll(() => settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(1);
    clock.tick(1100);
    expect(await outcome).toMatchObject({ status: status.DEADLINE_EXCEEDED });
    expect(settings.meter.total('tailrace_receiver_refused_requests')).toBe(0);
    take();
    await expect.poll(() => settings.meter.total('otelcol_receiver_accepted_spans')).toBe(1);
    expect(settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(0);
  });

  test('a call that is answered in time is looked at no more', async () => {
    const clock = new ManualClock();
    const { grpcPort } = await startReceiver({ clock });
    const client = grpcClient(grpcPort);
    const metadata = new Metadata();
    metadata.set('grpc-timeout', '5S');
    expect(await exportOverGrpc(client, 'traces', TRACES, metadata)).toHaveProperty('response');
    const before = clock.pendingTimers;
    clock.tick(200);
    expect(clock.pendingTimers).toBe(before - 1);
  });
});
