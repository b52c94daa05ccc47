import type { ProcessorFactory } from '../../component/factory.ts';
import { SIGNALS } from '../../pdata/otlp/signal.ts';
import { BatchProcessor } from './batch-processor.ts';
import type { BatchConfig } from './config.ts';
import { batchConfig } from './config.ts';
import { metrics } from './metrics.ts';

export const factory: ProcessorFactory<BatchConfig> = {
  kind: 'processor',
  type: 'batch',
  aliases: [],
  schema: batchConfig,
  metrics,
  signals: SIGNALS,
  create: (config, settings, next) => new BatchProcessor(config, settings, next),
};
