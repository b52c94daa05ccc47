/**
 * The status codes of gRPC that the server itself answers with. When each is due:
 * https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
 */
export const GRPC_INVALID_ARGUMENT = 3;
export const GRPC_DEADLINE_EXCEEDED = 4;
export const GRPC_NOT_FOUND = 5;
export const GRPC_RESOURCE_EXHAUSTED = 8;
export const GRPC_UNIMPLEMENTED = 12;
export const GRPC_INTERNAL = 13;

/** More than that of a message is not told: clients give up answers whose headers are longer than 8 KiB, and with them the status. */
const MAX_MESSAGE_LENGTH = 500;

/** How a call ends when it does not succeed. */
export interface GrpcFailure {
  readonly code: number;
  readonly message: string;
  /** google.rpc.Status with its details, as protobuf. */
  readonly details?: Uint8Array | undefined;
  /** For who does not speak gRPC at all; absent: 200, as for every other outcome. */
  readonly httpStatus?: number;
}

/** The trailers that say so. */
export function trailersOf({ code, message, details }: GrpcFailure): (readonly [name: string, value: string])[] {
  return [
    ['grpc-status', String(code)],
    ['grpc-message', percentEncoded(shortened(message))],
    ...(details === undefined ? [] : [['grpc-status-details-bin', withoutPadding(Buffer.from(details).toString('base64'))] as const]),
  ];
}

/** A message as it may be told to a client. */
export function shortened(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}

/** As PROTOCOL-HTTP2.md wants binary headers. */
function withoutPadding(base64: string): string {
  return base64.replace(/=+$/, '');
}

/** What a header may hold: printable ASCII but `%`, and space only inside (RFC 9113, section 8.2.1); all else as bytes of its UTF-8. */
function percentEncoded(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]+|^ | $/g, (part) =>
    [...Buffer.from(part, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
