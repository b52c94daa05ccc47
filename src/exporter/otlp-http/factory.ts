import type { ExporterFactory } from '../../component/factory.ts';
import { SIGNALS } from '../../pdata/otlp/signal.ts';
import { createExporter } from '../helper/create-exporter.ts';
import type { OtlpHttpExporterConfig } from './config.ts';
import { otlpHttpExporterSchema } from './config.ts';
import { HttpSender } from './http-sender.ts';
import { metrics } from './metrics.ts';

export const factory: ExporterFactory<OtlpHttpExporterConfig> = {
  kind: 'exporter',
  type: 'otlphttp',
  aliases: ['otlp_http'],
  schema: otlpHttpExporterSchema,
  metrics,
  signals: SIGNALS,
  create: (config, settings) => createExporter(new HttpSender(config, settings.signal, settings.clock), config, settings),
};
