import { expect, test } from 'vitest';
import { messageType } from '../../../src/pdata/service/message-root.ts';
import { decodeRpcStatus, encodeRpcStatus } from '../../../src/pdata/service/rpc-status.ts';

test.each([undefined, 0, 1, 250, 1000, 1500, 90_000, 2.5])('a delay of %s ms comes back', (retryDelayMs) => {
  const status = { code: 8, message: 'the window is full', retryDelayMs };
  expect(decodeRpcStatus(encodeRpcStatus(status))).toEqual(status);
});

test('RetryInfo is found among other details, and others alone are none', () => {
  const type = messageType('google.rpc.Status');
  const other = { type_url: 'type.googleapis.com/google.rpc.DebugInfo', value: Uint8Array.of(0xff) };
  const retryInfo = {
    type_url: 'type.googleapis.com/google.rpc.RetryInfo',
    value: messageType('google.rpc.RetryInfo').encode({ retryDelay: { seconds: 2 } }).finish(),
  };
  const encode = (details: object[]) => type.encode({ code: 14, message: 'stopping', details }).finish();
  expect(decodeRpcStatus(encode([other, retryInfo]))).toEqual({ code: 14, message: 'stopping', retryDelayMs: 2000 });
  expect(decodeRpcStatus(encode([other]))).toEqual({ code: 14, message: 'stopping', retryDelayMs: undefined });
});

test('RetryInfo without a delay, or with a negative one, allows a retry at once', () => {
  const encode = (value: Uint8Array) =>
    messageType('google.rpc.Status')
      .encode({ code: 8, details: [{ type_url: 'type.googleapis.com/google.rpc.RetryInfo', value }] })
      .finish();
  expect(decodeRpcStatus(encode(new Uint8Array(0))).retryDelayMs).toBe(0);
  const negative = messageType('google.rpc.RetryInfo').encode({ retryDelay: { seconds: -5 } }).finish();
  expect(decodeRpcStatus(encode(negative)).retryDelayMs).toBe(0);
});
