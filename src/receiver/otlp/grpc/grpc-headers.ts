import type { HeaderList } from '../http2/hpack-decoder.ts';
import { fieldValue } from '../http2/request-fields.ts';
import type { RefusalReason } from '../receive-counters.ts';
import type { GrpcMethod } from './grpc-call.ts';
import { GRPC_INTERNAL, GRPC_UNIMPLEMENTED, type GrpcFailure } from './grpc-status.ts';

const CONTENT_TYPE = 'application/grpc';
/** A codec after a plus sign may name how messages are encoded, which is protobuf here. */
const CONTENT_TYPES: ReadonlySet<string> = new Set([CONTENT_TYPE, `${CONTENT_TYPE}+proto`]);

const ACCEPTED_ENCODINGS = 'identity,deflate,gzip';

/** What every answer begins with, behind its status. */
export const ANSWER_HEADERS = [['content-type', CONTENT_TYPE], ['grpc-accept-encoding', ACCEPTED_ENCODINGS]] as const;

export type GrpcEncoding = 'identity' | 'gzip' | 'deflate';

/** What a call is about, from its headers. */
export interface CallStart {
  readonly method: GrpcMethod;
  /** With what its message is compressed, if it is. */
  readonly encoding: GrpcEncoding;
  /** For how long the client waits; undefined: without limit. */
  readonly timeoutMs: number | undefined;
}

export interface CallRefusal {
  readonly reason: RefusalReason;
  readonly failure: GrpcFailure;
}

/** `timeout` of PROTOCOL-HTTP2.md: at most eight digits and a unit, here in milliseconds. */
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Reads the headers that begin a call (PROTOCOL-HTTP2.md, "Requests"). `methods` are by path. */
export function callStart(headers: HeaderList, methods: ReadonlyMap<string, GrpcMethod>): CallStart | CallRefusal {
  const httpMethod = fieldValue(headers, ':method');
  if (httpMethod !== 'POST') {
    return refusal('wrong_method', { code: GRPC_INTERNAL, message: `method ${httpMethod} is not supported: gRPC uses POST`, httpStatus: 405 });
  }
  const contentType = fieldValue(headers, 'content-type');
  if (contentType === undefined || !isGrpc(contentType)) {
    const message = `content type ${contentType ?? '(none)'} is not supported: use ${CONTENT_TYPE}`;
    return refusal('unsupported_content_type', { code: GRPC_INTERNAL, message, httpStatus: 415 });
  }
  const path = fieldValue(headers, ':path') ?? '';
  const method = methods.get(path);
  if (method === undefined) {
    const message = `no method ${path} here: its signal has no pipeline, or it is none of OTLP's`;
    return refusal('unknown_path', { code: GRPC_UNIMPLEMENTED, message });
  }
  const encoding = fieldValue(headers, 'grpc-encoding') ?? 'identity';
  if (!isEncoding(encoding)) {
    const message = `messages compressed with ${encoding} are not taken, only ${ACCEPTED_ENCODINGS}`;
    return refusal('unsupported_content_encoding', { code: GRPC_UNIMPLEMENTED, message });
  }
  const timeout = fieldValue(headers, 'grpc-timeout');
  const timeoutMs = timeout === undefined ? undefined : timeoutMsOf(timeout);
  if (Number.isNaN(timeoutMs)) {
    return refusal('malformed', { code: GRPC_INTERNAL, message: `grpc-timeout ${timeout} is no time: write up to eight digits and one of HMSmun` });
  }
  return { method, encoding, timeoutMs };
}

function refusal(reason: RefusalReason, failure: GrpcFailure): CallRefusal {
  return { reason, failure };
}

function isGrpc(contentType: string): boolean {
  if (CONTENT_TYPES.has(contentType)) return true;
  const [type = ''] = contentType.split(';', 1);
  return CONTENT_TYPES.has(type.trim().toLowerCase());
}

function isEncoding(encoding: string): encoding is GrpcEncoding {
  return encoding === 'identity' || encoding === 'gzip' || encoding === 'deflate';
}

/** NaN where it is none. */
function timeoutMsOf(timeout: string): number {
  const match = TIMEOUT.exec(timeout);
  return match === null ? Number.NaN : Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
}
