import type { AnyFactory } from '../component/factory.ts';
import type { Config, Registry } from '../config/config.ts';
import { factory as debugExporter } from '../exporter/debug/factory.ts';
import { factory as fileExporter } from '../exporter/file/factory.ts';
import { factory as otlpHttpExporter } from '../exporter/otlp-http/factory.ts';
import { factory as otlpExporter } from '../exporter/otlp/factory.ts';
import { factory as healthCheckExtension } from '../extension/health-check/factory.ts';
import { factory as batchProcessor } from '../processor/batch/factory.ts';
import { factory as memoryLimiterProcessor } from '../processor/memory-limiter/factory.ts';
import { factory as tailSamplingProcessor } from '../processor/tail-sampling/factory.ts';
import { factory as otlpReceiver } from '../receiver/otlp/factory.ts';
import type { TelemetryConfig } from '../telemetry/config.ts';
import { telemetryConfig } from '../telemetry/config.ts';

/** All that a configuration may name. A new component is one line here. */
export const registry: Registry<AnyFactory, TelemetryConfig> = {
  components: [
    otlpReceiver,
    batchProcessor,
    memoryLimiterProcessor,
    tailSamplingProcessor,
    debugExporter,
    fileExporter,
    otlpExporter,
    otlpHttpExporter,
    healthCheckExtension,
  ],
  telemetry: telemetryConfig,
};

export type ServiceConfig = Config<AnyFactory, TelemetryConfig>;
