/** The status codes of gRPC that the server itself answers with. https://grpc.io/docs/guides/status-codes/ */
export const GRPC_OK = 0;
export const GRPC_INVALID_ARGUMENT = 3;
export const GRPC_NOT_FOUND = 5;
export const GRPC_RESOURCE_EXHAUSTED = 8;
export const GRPC_UNIMPLEMENTED = 12;

/** How a call ends when it does not succeed. */
export interface GrpcFailure {
  readonly code: number;
  readonly message: string;
  /** google.rpc.Status with its details, as protobuf. */
  readonly details?: Uint8Array | undefined;
}
