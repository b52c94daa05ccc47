import { messageType } from './message-root.ts';

/**
 * A failed export as google.rpc.Status: the body of an OTLP/HTTP error and, on gRPC, the trailer
 * `grpc-status-details-bin`, where RetryInfo asks the sender to come again
 * (opentelemetry-proto, `docs/specification.md`, "Failures" and "OTLP/gRPC Throttling").
 */
export interface RpcStatus {
  /** A gRPC status code. */
  readonly code: number;
  readonly message: string;
  /** RetryInfo's delay, ms; undefined when the status carries none. */
  readonly retryDelayMs: number | undefined;
}

const RETRY_INFO_URL = 'type.googleapis.com/google.rpc.RetryInfo';

const statusType = () => messageType('google.rpc.Status');
const retryInfoType = () => messageType('google.rpc.RetryInfo');

/** The bytes of the message. */
export function encodeRpcStatus(status: RpcStatus): Uint8Array {
  const { code, message, retryDelayMs } = status;
  return statusType()
    .encode({ code, message, details: retryDelayMs === undefined ? [] : [writeRetryInfo(retryDelayMs)] })
    .finish();
}

/** @throws Error when the bytes are no protobuf message. */
export function decodeRpcStatus(bytes: Uint8Array): RpcStatus {
  const type = statusType();
  const { code, message, details } = type.toObject(type.decode(bytes), { defaults: true, arrays: true }) as {
    code: number;
    message: string;
    details: readonly { type_url: string; value: Uint8Array }[];
  };
  const detail = details.find(({ type_url }) => type_url === RETRY_INFO_URL);
  return { code, message, retryDelayMs: detail === undefined ? undefined : readRetryInfo(detail.value) };
}

function writeRetryInfo(delayMs: number): { type_url: string; value: Uint8Array } {
  const seconds = Math.floor(delayMs / 1000);
  const nanos = Math.round((delayMs - seconds * 1000) * 1e6);
  return { type_url: RETRY_INFO_URL, value: retryInfoType().encode({ retryDelay: { seconds, nanos } }).finish() };
}

/** RetryInfo's delay in ms; one without a delay says only that a retry may succeed: 0. */
function readRetryInfo(bytes: Uint8Array): number {
  const type = retryInfoType();
  const { retryDelay } = type.toObject(type.decode(bytes), { longs: Number, defaults: true }) as {
    retryDelay: { seconds: number; nanos: number } | null;
  };
  return retryDelay === null ? 0 : Math.max(0, retryDelay.seconds * 1000 + retryDelay.nanos / 1e6);
}
