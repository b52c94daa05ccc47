import type { ReceiverFactory } from '../../component/factory.ts';
import { SIGNALS } from '../../pdata/otlp/signal.ts';
import type { OtlpReceiverConfig } from './config.ts';
import { otlpReceiverConfig } from './config.ts';
import { metrics } from './metrics.ts';
import { OtlpReceiver } from './otlp-receiver.ts';

export const factory: ReceiverFactory<OtlpReceiverConfig> = {
  kind: 'receiver',
  type: 'otlp',
  aliases: [],
  schema: otlpReceiverConfig,
  metrics,
  signals: SIGNALS,
  create: (config, settings, next) => new OtlpReceiver(config, settings, next),
};
