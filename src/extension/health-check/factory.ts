import type { ExtensionFactory } from '../../component/factory.ts';
import type { HealthCheckConfig } from './config.ts';
import { healthCheckConfig } from './config.ts';
import { HealthCheck } from './health-check.ts';
import { metrics } from './metrics.ts';

export const factory: ExtensionFactory<HealthCheckConfig> = {
  kind: 'extension',
  type: 'health_check',
  aliases: [],
  schema: healthCheckConfig,
  metrics,
  create: (config, settings, host) => new HealthCheck(config, settings, host),
};
