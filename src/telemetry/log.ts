import type { DestinationStream } from 'pino';
import { pino } from 'pino';
import type { Logger } from '../component/logger.ts';
import type { Clock } from '../internal/clock.ts';
import { consoleLines } from './log-output.ts';
import { LogSampler } from './log-sampler.ts';
import type { LogsTelemetryConfig } from './logs-config.ts';

const PINO_LEVELS: Readonly<Record<LogsTelemetryConfig['level'], pino.Level>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  dpanic: 'fatal',
  panic: 'fatal',
  fatal: 'fatal',
};

/** The root of all loggers; lines look like the Collector's (`level`, `ts`, `msg`, then fields). */
export function createLogger(config: LogsTelemetryConfig, clock: Clock, output: DestinationStream): Logger {
  const sampler = new LogSampler(config.sampling, clock);
  return pino(
    {
      level: PINO_LEVELS[config.level],
      base: config.initial_fields,
      timestamp: () => `,"ts":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: errorText, err: errorText },
      hooks: {
        logMethod(args, method, level) {
          if (sampler.admit(level, String(args[1]))) method.apply(this, args);
        },
      },
    },
    config.encoding === 'console' ? consoleLines(output) : output,
  );
}

/** An error with its causes, in one line; anything else as it is. */
function errorText(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const code = 'code' in value && typeof value.code === 'string' ? ` (${value.code})` : '';
  const cause = value.cause instanceof Error && !value.message.includes(value.cause.message) ? `: ${String(errorText(value.cause))}` : '';
  return `${value.message}${code}${cause}`;
}
