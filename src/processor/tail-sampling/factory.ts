import type { ProcessorFactory } from '../../component/factory.ts';
import { collectGarbage } from '../../internal/collect-garbage.ts';
import { totalMemoryBytes } from '../../internal/total-memory.ts';
import { tailSamplingConfig, type TailSamplingConfig } from './config.ts';
import { metrics } from './metrics.ts';
import { TailSamplingProcessor } from './tail-sampling-processor.ts';

export const factory: ProcessorFactory<TailSamplingConfig> = {
  kind: 'processor',
  type: 'tail_sampling',
  aliases: [],
  signals: ['traces'],
  schema: tailSamplingConfig,
  metrics,
  create: (config, settings, next) =>
    new TailSamplingProcessor(config, settings, next, {
      maxBytes: config.window.max_bytes ?? Math.floor(totalMemoryBytes() / 2),
      collectGarbage,
    }),
};
