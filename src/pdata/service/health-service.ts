import { loadSync } from '@grpc/proto-loader';
import { protoDirectory } from './proto-directory.ts';

/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
export const SERVING = 1;
export const NOT_SERVING = 2;
export const SERVICE_UNKNOWN = 3;

/**
 * The methods of `grpc.health.v1.Health`, read from `proto/`: whether a server, or one of its services, takes calls.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export const healthService = loadHealthService();

/** The service that a HealthCheckRequest asks for; empty for the server as a whole. Throws where the bytes are malformed. */
export function healthRequestService(bytes: Uint8Array): string {
  const request = healthService.Check.requestDeserialize(Buffer.from(bytes)) as { readonly service: string };
  return request.service;
}

/** A HealthCheckResponse as protobuf. */
export function healthResponse(status: typeof SERVING | typeof NOT_SERVING | typeof SERVICE_UNKNOWN): Uint8Array {
  return healthService.Check.responseSerialize({ status });
}

function loadHealthService() {
  const service = loadSync('grpc/health/v1/health.proto', { includeDirs: [protoDirectory], defaults: true })['grpc.health.v1.Health'];
  if (service === undefined || !('Check' in service) || service.Check === undefined || service.Watch === undefined) {
    throw new Error('grpc/health/v1/health.proto defines no grpc.health.v1.Health with Check and Watch');
  }
  return { Check: service.Check, Watch: service.Watch };
}
