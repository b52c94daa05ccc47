import type { ServiceDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { protoDirectory } from './proto-directory.ts';

/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
export const SERVING = 1;
export const NOT_SERVING = 2;
export const SERVICE_UNKNOWN = 3;

export interface HealthCheckRequest {
  /** Empty asks for the server as a whole. */
  readonly service: string;
}

export interface HealthCheckResponse {
  readonly status: typeof SERVING | typeof NOT_SERVING | typeof SERVICE_UNKNOWN;
}

/**
 * The definition of `grpc.health.v1.Health` with codecs for the two messages above.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function healthService(): ServiceDefinition {
  const definitions = loadSync('grpc/health/v1/health.proto', { includeDirs: [protoDirectory], defaults: true });
  return definitions['grpc.health.v1.Health'] as ServiceDefinition;
}
