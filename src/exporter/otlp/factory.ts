import type { ExporterFactory } from '../../component/factory.ts';
import { SIGNALS } from '../../pdata/otlp/signal.ts';
import { createExporter } from '../helper/create-exporter.ts';
import type { OtlpExporterConfig } from './config.ts';
import { otlpExporterSchema } from './config.ts';
import { GrpcSender } from './grpc-sender.ts';
import { metrics } from './metrics.ts';

export const factory: ExporterFactory<OtlpExporterConfig> = {
  kind: 'exporter',
  type: 'otlp',
  aliases: ['otlp_grpc'],
  schema: otlpExporterSchema,
  metrics,
  signals: SIGNALS,
  create: (config, settings) => createExporter(new GrpcSender(config, settings.signal, settings.logger), config, settings),
};
