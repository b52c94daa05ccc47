import type { ExporterFactory } from '../../component/factory.ts';
import { SIGNALS } from '../../pdata/otlp/signal.ts';
import { createExporter } from '../helper/create-exporter.ts';
import { DIRECT_DELIVERY } from '../helper/direct-delivery.ts';
import type { FileExporterConfig } from './config.ts';
import { fileExporterSchema } from './config.ts';
import { FileSender } from './file-sender.ts';
import { metrics } from './metrics.ts';

export const factory: ExporterFactory<FileExporterConfig> = {
  kind: 'exporter',
  type: 'file',
  aliases: [],
  schema: fileExporterSchema,
  metrics,
  signals: SIGNALS,
  create: (config, settings) => createExporter(new FileSender(config, settings.clock), DIRECT_DELIVERY, settings),
};
