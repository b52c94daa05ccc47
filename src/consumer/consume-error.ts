import { messageOf } from '../internal/message-of.ts';

/**
 * Why a request was not taken. The list is closed: receivers map each code to one gRPC and one HTTP status, exporters map
 * statuses back (opentelemetry-proto, `docs/specification.md`, "Failures").
 */
export type ConsumeErrorCode =
  /** The bytes are no OTLP; sending them again cannot help. */
  | 'malformed'
  /** Larger than a limit; sending it again cannot help. */
  | 'too_large'
  /** Nobody here takes this signal, encoding or compression. */
  | 'unimplemented'
  | 'unauthenticated'
  | 'permission_denied'
  /** Refused for good by whoever is downstream. */
  | 'rejected'
  /** Full at the moment; come again, after `retryAfterMs` if that is given. */
  | 'overloaded'
  /** Not reachable or stopping; come again. */
  | 'unavailable'
  /** No answer in time; whether it was taken is unknown. */
  | 'timeout'
  /** A defect of our own. */
  | 'internal';

const RETRYABLE: ReadonlySet<ConsumeErrorCode> = new Set<ConsumeErrorCode>(['overloaded', 'unavailable', 'timeout']);

export interface ConsumeErrorOptions {
  /** How long the sender is asked to wait, ms. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The only error that crosses from one component to the next. */
export class ConsumeError extends Error {
  override readonly name = 'ConsumeError';
  readonly code: ConsumeErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ConsumeErrorCode, message: string, options: ConsumeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

/** Any thrown value as a ConsumeError; what is none becomes `internal`, with the value as its cause. */
export function toConsumeError(error: unknown): ConsumeError {
  if (error instanceof ConsumeError) return error;
  const message = messageOf(error);
  return new ConsumeError('internal', message, { cause: error });
}
