import type { Logger } from '../../component/logger.ts';
import { systemClock } from '../../internal/clock.ts';
import { createLogger } from '../../telemetry/log.ts';
import { openLogOutput } from '../../telemetry/log-output.ts';
import type { LogsTelemetryConfig } from '../../telemetry/logs-config.ts';

/** The log of a replay: as configured, but on the standard error, where it is not taken for the report. */
export interface ReplayLog {
  readonly logger: (component: string) => Logger;
  close(): void;
}

export function openReplayLog(config: LogsTelemetryConfig): ReplayLog {
  const output = openLogOutput(['stderr']);
  const all = createLogger(config, systemClock, output);
  // That it has stopped, everybody sees.
  const service = createLogger({ ...config, level: config.level === 'debug' || config.level === 'info' ? 'warn' : config.level }, systemClock, output);
  return { logger: (component) => (component === 'service' ? service : all).child({ component }), close: () => output.close() };
}
