import { join } from 'node:path';
import protobuf from 'protobufjs';
import { protoDirectory } from './proto-directory.ts';

const FILES: readonly string[] = [
  'opentelemetry/proto/collector/trace/v1/trace_service.proto',
  'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
  'opentelemetry/proto/collector/logs/v1/logs_service.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
];

let root: protobuf.Root | undefined;

/**
 * A message of `proto/` by its full name, with protobufjs' encoder and decoder. Read from the files once, on first use.
 * For answers, JSON, tests and whatever shows data to people; requests on their way through are never decoded with it.
 */
export function messageType(fullName: string): protobuf.Type {
  root ??= loadRoot();
  return root.lookupType(fullName);
}

function loadRoot(): protobuf.Root {
  const loading = new protobuf.Root();
  loading.resolvePath = (_origin, target) => join(protoDirectory, target);
  return loading.loadSync([...FILES]).resolveAll() as protobuf.Root;
}
