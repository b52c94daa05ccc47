import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { ConsumeErrorCode } from '../../src/consumer/consume-error.ts';
import { errorFromGrpcStatus, errorFromHttpStatus, grpcStatusOf, httpStatusOf } from '../../src/consumer/status.ts';

const CODES: readonly (readonly [ConsumeErrorCode, number, number])[] = [
  ['malformed', status.INVALID_ARGUMENT, 400],
  ['too_large', status.RESOURCE_EXHAUSTED, 413],
  ['unimplemented', status.UNIMPLEMENTED, 404],
  ['unauthenticated', status.UNAUTHENTICATED, 401],
  ['permission_denied', status.PERMISSION_DENIED, 403],
  ['rejected', status.FAILED_PRECONDITION, 422],
  ['overloaded', status.RESOURCE_EXHAUSTED, 429],
  ['unavailable', status.UNAVAILABLE, 503],
  ['timeout', status.DEADLINE_EXCEEDED, 504],
  ['internal', status.INTERNAL, 500],
];

describe('a code as a status', () => {
  test.each(CODES)('%s is gRPC %i and HTTP %i', (code, grpc, http) => {
    expect(grpcStatusOf(code)).toBe(grpc);
    expect(httpStatusOf(code)).toBe(http);
  });
});

describe('a gRPC status as an error', () => {
  const RETRYABLE = ['CANCELLED', 'DEADLINE_EXCEEDED', 'ABORTED', 'OUT_OF_RANGE', 'UNAVAILABLE', 'DATA_LOSS'] as const;
  const names = Object.keys(status).filter((name) => Number.isNaN(Number(name)) && name !== 'OK') as (keyof typeof status)[];

  test.each(names)('%s', (name) => {
    const error = errorFromGrpcStatus(status[name], 'no', undefined);
    expect(error.isRetryable).toBe((RETRYABLE as readonly string[]).includes(name));
    expect(error.message).toBe('no');
  });

  test('RESOURCE_EXHAUSTED may be retried only with RetryInfo', () => {
    expect(errorFromGrpcStatus(status.RESOURCE_EXHAUSTED, '', 0)).toMatchObject({ code: 'overloaded', retryAfterMs: 0 });
    expect(errorFromGrpcStatus(status.RESOURCE_EXHAUSTED, '', undefined).isRetryable).toBe(false);
  });

  test('the delay is kept with other codes too', () => {
    expect(errorFromGrpcStatus(status.UNAVAILABLE, '', 1500)).toMatchObject({ code: 'unavailable', retryAfterMs: 1500 });
  });
});

describe('an HTTP status as an error', () => {
  test.each([
    [400, 'malformed', false],
    [401, 'unauthenticated', false],
    [403, 'permission_denied', false],
    [404, 'unimplemented', false],
    [413, 'too_large', false],
    [415, 'unimplemented', false],
    [422, 'rejected', false],
    [429, 'overloaded', true],
    [500, 'rejected', false],
    [501, 'unimplemented', false],
    [502, 'unavailable', true],
    [503, 'unavailable', true],
    [504, 'timeout', true],
  ] as const)('%i is %s', (http, code, isRetryable) => {
    expect(errorFromHttpStatus(http, 'no', 700)).toMatchObject({ code, isRetryable, retryAfterMs: 700, message: 'no' });
  });
});

test.each(CODES)('%s stays as retryable as it was on its way over both protocols', (code, grpc, http) => {
  const isRetryable = code === 'overloaded' || code === 'unavailable' || code === 'timeout';
  expect(errorFromGrpcStatus(grpc, '', code === 'overloaded' ? 1000 : undefined).isRetryable).toBe(isRetryable);
  expect(errorFromHttpStatus(http, '', undefined).isRetryable).toBe(isRetryable);
});
