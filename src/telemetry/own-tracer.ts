import { readFileSync } from 'node:fs';
import type { Span, Tracer as SdkTracer } from '@opentelemetry/api';
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import type { SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Deadline } from '../component/component.ts';
import type { Logger } from '../component/logger.ts';
import type { OwnSpan, Tracer } from '../component/tracer.ts';
import { messageOf } from '../internal/message-of.ts';
import { settledOrAborted } from '../internal/settled-or-aborted.ts';
import type { Build, Resource } from './resource.ts';
import type { TraceBatchConfig, TraceDestinationConfig, TracesTelemetryConfig } from './traces-config.ts';
import { sampledRatio } from './traces-config.ts';

/** An enum of a package that is not ours to import; its values are these words. */
type Compression = NonNullable<NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>['compression']>;
type SpanKindName = Parameters<Tracer['startSpan']>[1];

/** SpanKind of the OpenTelemetry API, which is loaded only where traces are on. */
const KINDS: Readonly<Record<SpanKindName, number>> = { internal: 0, server: 1, client: 2 };
/** SpanStatusCode.ERROR, likewise. */
const STATUS_ERROR = 2;

/**
 * Records own operations with the OpenTelemetry SDK and sends them to the destinations of the configuration, over
 * connections of the SDK's own: no span is ever made for that sending. The SDK is loaded in `start`, and only where
 * there is a destination; until then nothing is recorded.
 */
export class OwnTracer implements Tracer {
  readonly #config: TracesTelemetryConfig;
  readonly #resource: Resource;
  readonly #build: Build;
  readonly #logger: Logger;
  #provider: TracerProvider | undefined;
  #tracer: SdkTracer | undefined;
  #endDiagnostics: (() => void) | undefined;

  constructor(config: TracesTelemetryConfig, resource: Resource, build: Build, logger: Logger) {
    this.#config = config;
    this.#resource = resource;
    this.#build = build;
    this.#logger = logger;
  }

  /** `host:port` of each place that own traces are sent to; empty where traces are off. */
  get destinations(): readonly string[] {
    if (!this.#isOn) return [];
    return this.#config.processors.map(({ batch }) => {
      const url = new URL(destinationUrl(batch.exporter.otlp));
      const defaultPort = url.protocol === 'http:' ? '80' : '443';
      return `${url.hostname}:${url.port === '' ? defaultPort : url.port}`;
    });
  }

  async start(): Promise<void> {
    if (!this.#isOn) return;
    const { diag, DiagLogLevel } = await import('@opentelemetry/api');
    const { TraceIdRatioBasedSampler, TracerProvider } = await import('@opentelemetry/sdk-trace');
    const { resourceFromAttributes } = await import('@opentelemetry/resources');
    const failed = (message: string): void => this.#logger.warn({ error: summary(message) }, 'Own traces could not be sent');
    const ignored = (): void => undefined;
    diag.setLogger({ error: failed, warn: ignored, info: ignored, debug: ignored, verbose: ignored }, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
    this.#endDiagnostics = () => diag.disable();
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes(this.#resource),
      sampler: new TraceIdRatioBasedSampler(sampledRatio(this.#config)),
      spanProcessors: await Promise.all(this.#config.processors.map(({ batch }, i) => spanProcessor(batch, i))),
    });
    this.#tracer = this.#provider.getTracer(this.#build.name, this.#build.version);
  }

  startSpan(name: string, kind: SpanKindName): OwnSpan | undefined {
    const span = this.#tracer?.startSpan(name, { kind: KINDS[kind], root: true });
    return span?.isRecording() === true ? new RecordedSpan(span) : undefined;
  }

  /** Sends what is recorded, within the deadline. */
  async shutdown({ signal }: Deadline): Promise<void> {
    const provider = this.#provider;
    this.#provider = undefined;
    this.#tracer = undefined;
    if (provider !== undefined) {
      const flushed = provider.shutdown().catch((error: unknown) => this.#logger.warn({ error }, 'Own traces could not be sent'));
      await settledOrAborted(flushed, signal);
    }
    this.#endDiagnostics?.();
    this.#endDiagnostics = undefined;
  }

  get #isOn(): boolean {
    return this.#config.level !== 'none' && this.#config.processors.length > 0;
  }
}

class RecordedSpan implements OwnSpan {
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
  }

  setAttribute(key: string, value: string | number | boolean): void {
    this.#span.setAttribute(key, value);
  }

  end(error?: Error): void {
    if (error !== undefined) {
      this.#span.setStatus({ code: STATUS_ERROR, message: error.message });
      this.#span.setAttribute('error.type', error.name);
    }
    this.#span.end();
  }
}

/** The SDK reports an error as JSON of all it holds, its stack included; the message says enough. */
function summary(report: string): string {
  try {
    return (JSON.parse(report) as { readonly message?: string }).message ?? report;
  } catch {
    return report;
  }
}

async function spanProcessor(batch: TraceBatchConfig, index: number): Promise<SpanProcessor> {
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
  const { credentials, Metadata } = await import('@grpc/grpc-js');
  const { otlp } = batch.exporter;
  const key = `traces.processors[${index}].batch.exporter.otlp`;
  const url = destinationUrl(otlp);
  const metadata = new Metadata();
  for (const [name, value] of headersOf(otlp)) metadata.set(name, value);
  const exporter = new OTLPTraceExporter({
    url,
    metadata,
    credentials: url.startsWith('http:')
      ? credentials.createInsecure()
      : credentials.createSsl(
          readPem(`${key}.certificate`, otlp.certificate),
          readPem(`${key}.client_key`, otlp.client_key),
          readPem(`${key}.client_certificate`, otlp.client_certificate),
        ),
    compression: otlp.compression as Compression,
    timeoutMillis: otlp.timeout,
  });
  return new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: batch.schedule_delay,
    exportTimeoutMillis: batch.export_timeout,
    maxQueueSize: batch.max_queue_size,
    maxExportBatchSize: batch.max_export_batch_size,
  });
}

function headersOf({ headers }: TraceDestinationConfig): readonly (readonly [string, string])[] {
  return Array.isArray(headers) ? headers.map(({ name, value }) => [name, value] as const) : Object.entries(headers);
}

/** Without a scheme, `insecure` decides; TLS otherwise. */
function destinationUrl({ endpoint, insecure }: TraceDestinationConfig): string {
  if (/^https?:\/\//.test(endpoint)) return endpoint;
  return `${insecure ? 'http' : 'https'}://${endpoint}`;
}

function readPem(key: string, path: string | undefined): Buffer | null {
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`${key}: cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}
