import type { ConsumeErrorCode } from './consume-error.ts';
import { ConsumeError } from './consume-error.ts';

/**
 * ConsumeError to the statuses of gRPC and HTTP, and back. What may be retried is the Collector's rule
 * (opentelemetry-proto, `docs/specification.md`, "Failures" for gRPC and "Retryable Response Codes" for HTTP).
 * gRPC codes are plain numbers: https://grpc.io/docs/guides/status-codes/
 */

interface Statuses {
  readonly grpc: number;
  readonly http: number;
}

const STATUSES: Readonly<Record<ConsumeErrorCode, Statuses>> = {
  malformed: { grpc: 3 /* INVALID_ARGUMENT */, http: 400 },
  too_large: { grpc: 8 /* RESOURCE_EXHAUSTED */, http: 413 },
  unimplemented: { grpc: 12 /* UNIMPLEMENTED */, http: 404 },
  unauthenticated: { grpc: 16 /* UNAUTHENTICATED */, http: 401 },
  permission_denied: { grpc: 7 /* PERMISSION_DENIED */, http: 403 },
  rejected: { grpc: 9 /* FAILED_PRECONDITION */, http: 422 },
  overloaded: { grpc: 8 /* RESOURCE_EXHAUSTED */, http: 429 },
  unavailable: { grpc: 14 /* UNAVAILABLE */, http: 503 },
  timeout: { grpc: 4 /* DEADLINE_EXCEEDED */, http: 504 },
  internal: { grpc: 13 /* INTERNAL */, http: 500 },
};

/** The status a receiver answers with. `overloaded` has to carry RetryInfo, or senders take it for final. */
export function grpcStatusOf(code: ConsumeErrorCode): number {
  return STATUSES[code].grpc;
}

/** The status a receiver answers with; the retryable ones should carry Retry-After. */
export function httpStatusOf(code: ConsumeErrorCode): number {
  return STATUSES[code].http;
}

/**
 * The error that a server's gRPC status stands for. `retryDelayMs` is RetryInfo's; without it RESOURCE_EXHAUSTED is
 * final: the server is not merely busy, a quota is spent or the message is too large.
 */
export function errorFromGrpcStatus(status: number, message: string, retryDelayMs: number | undefined): ConsumeError {
  return new ConsumeError(codeOfGrpcStatus(status, retryDelayMs !== undefined), message, { retryAfterMs: retryDelayMs });
}

function codeOfGrpcStatus(status: number, hasRetryInfo: boolean): ConsumeErrorCode {
  switch (status) {
    case 1: // CANCELLED
    case 10: // ABORTED
    case 11: // OUT_OF_RANGE
    case 14: // UNAVAILABLE
    case 15: // DATA_LOSS
      return 'unavailable';
    case 3: // INVALID_ARGUMENT
    case 13: // INTERNAL: what most servers answer when they cannot read a message
      return 'malformed';
    case 4: // DEADLINE_EXCEEDED
      return 'timeout';
    case 7: // PERMISSION_DENIED
      return 'permission_denied';
    case 8: // RESOURCE_EXHAUSTED
      return hasRetryInfo ? 'overloaded' : 'rejected';
    case 12: // UNIMPLEMENTED
      return 'unimplemented';
    case 16: // UNAUTHENTICATED
      return 'unauthenticated';
    default:
      return 'rejected';
  }
}

/** The error that a server's HTTP status stands for. `retryAfterMs` is the Retry-After header's. */
export function errorFromHttpStatus(status: number, message: string, retryAfterMs: number | undefined): ConsumeError {
  return new ConsumeError(codeOfHttpStatus(status), message, { retryAfterMs });
}

function codeOfHttpStatus(status: number): ConsumeErrorCode {
  switch (status) {
    case 400:
      return 'malformed';
    case 401:
      return 'unauthenticated';
    case 403:
      return 'permission_denied';
    case 404:
    case 415:
    case 501:
      return 'unimplemented';
    case 413:
      return 'too_large';
    case 429:
      return 'overloaded';
    case 502:
    case 503:
      return 'unavailable';
    case 504:
      return 'timeout';
    default:
      return 'rejected';
  }
}
