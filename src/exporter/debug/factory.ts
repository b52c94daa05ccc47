import type { ExporterFactory } from '../../component/factory.ts';
import { SIGNALS } from '../../pdata/otlp/signal.ts';
import { createExporter } from '../helper/create-exporter.ts';
import { DIRECT_DELIVERY } from '../helper/direct-delivery.ts';
import type { DebugExporterConfig } from './config.ts';
import { debugExporterSchema } from './config.ts';
import { DebugSender } from './debug-sender.ts';
import { metrics } from './metrics.ts';

export const factory: ExporterFactory<DebugExporterConfig> = {
  kind: 'exporter',
  type: 'debug',
  aliases: ['logging'],
  schema: debugExporterSchema,
  metrics,
  signals: SIGNALS,
  create: (config, settings) =>
    createExporter(new DebugSender(config, settings.logger, settings.clock, process.stdout), DIRECT_DELIVERY, settings),
};
