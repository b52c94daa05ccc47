import { loadSync } from '@grpc/proto-loader';
import type { Signal } from '../otlp/signal.ts';
import { protoDirectory } from './proto-directory.ts';

/**
 * One signal's unary `Export`, in the shape that grpc-js takes for clients (`makeUnaryRequest`) and servers
 * (`addService`), with codecs that hand bytes through as they are.
 */
export interface ExportMethod {
  /** `/package.Service/Export` */
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: false;
  readonly requestSerialize: (bytes: Uint8Array) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Uint8Array;
  readonly responseSerialize: (bytes: Uint8Array) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Uint8Array;
}

const SERVICE: Readonly<Record<Signal, { readonly file: string; readonly name: string }>> = {
  traces: {
    file: 'opentelemetry/proto/collector/trace/v1/trace_service.proto',
    name: 'opentelemetry.proto.collector.trace.v1.TraceService',
  },
  metrics: {
    file: 'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
    name: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  },
  logs: {
    file: 'opentelemetry/proto/collector/logs/v1/logs_service.proto',
    name: 'opentelemetry.proto.collector.logs.v1.LogsService',
  },
};

const methods = new Map<Signal, ExportMethod>();

/** The definition of a signal's `Export`, read from `proto/` on first use. */
export function exportMethod(signal: Signal): ExportMethod {
  let method = methods.get(signal);
  if (method === undefined) {
    method = loadExportMethod(signal);
    methods.set(signal, method);
  }
  return method;
}

/** Where OTLP/HTTP takes a signal (opentelemetry-proto, `docs/specification.md`, "OTLP/HTTP Request"). */
export function httpPath(signal: Signal): string {
  return `/v1/${signal}`;
}

function loadExportMethod(signal: Signal): ExportMethod {
  const { file, name } = SERVICE[signal];
  const service = loadSync(file, { includeDirs: [protoDirectory] })[name];
  const path = service !== undefined && 'Export' in service ? service.Export?.path : undefined;
  if (path === undefined) throw new Error(`${file} defines no ${name}.Export`);
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asBuffer,
    requestDeserialize: asIs,
    responseSerialize: asBuffer,
    responseDeserialize: asIs,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asIs(bytes: Buffer): Uint8Array {
  return bytes;
}
