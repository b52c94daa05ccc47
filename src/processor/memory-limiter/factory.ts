import type { ProcessorFactory } from '../../component/factory.ts';
import { SIGNALS } from '../../pdata/otlp/signal.ts';
import type { MemoryLimiterConfig } from './config.ts';
import { memoryLimiterConfig } from './config.ts';
import { MemoryLimiter } from './memory-limiter.ts';
import { metrics } from './metrics.ts';
import { processMemory } from './process-memory.ts';

export const factory: ProcessorFactory<MemoryLimiterConfig> = {
  kind: 'processor',
  type: 'memory_limiter',
  aliases: [],
  schema: memoryLimiterConfig,
  metrics,
  signals: SIGNALS,
  create: (config, settings, next) => new MemoryLimiter(config, settings, next, processMemory),
};
