import { aborted } from '../internal/aborted.ts';
import { systemClock } from '../internal/clock.ts';
import { messageOf } from '../internal/message-of.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import type { ServiceConfig } from './registry.ts';
import { Service } from './service.ts';
import { ShutdownDeadline } from './shutdown-deadline.ts';

/** Longer than any process lives: 24 days, the most that a timer takes. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

export interface ServeOptions {
  /** Of this program, for its metrics and traces. */
  readonly version: string;
  /** What was found worth saying while the configuration was read. */
  readonly warnings: readonly string[];
  /** For what has to be said while there is no log. */
  writeError(text: string): void;
  /** Aborts when the process is asked to stop. */
  readonly stop: AbortSignal;
  /** Aborts when the stop shall take no longer. */
  readonly stopNow: AbortSignal;
}

/**
 * Runs a configuration until it is asked to stop. Gives whether it started and stopped in order; if not, the log says which
 * component failed and why.
 */
export async function serve(config: ServiceConfig, options: ServeOptions): Promise<boolean> {
  const telemetry = openTelemetry(config, options);
  if (telemetry === undefined) return false;
  // Timers of components keep no process alive: while a stop waits to send once more, only this does.
  const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
  try {
    return await startAndStop(config, telemetry, options);
  } finally {
    clearInterval(keepAlive);
  }
}

function openTelemetry(config: ServiceConfig, options: ServeOptions): Telemetry | undefined {
  try {
    return createTelemetry(config.telemetry, { name: 'tailrace', version: options.version });
  } catch (error) {
    options.writeError(`service.telemetry: ${messageOf(error)}\n`);
    return undefined;
  }
}

async function startAndStop(config: ServiceConfig, telemetry: Telemetry, { warnings, stop, stopNow }: ServeOptions): Promise<boolean> {
  const { meter, tracer } = telemetry;
  const logger = telemetry.logger('service');
  for (const warning of warnings) logger.warn({}, warning);
  let service: Service | undefined;
  let started = false;
  try {
    service = new Service(config, {
      component: (id) => ({ id, logger: telemetry.logger(id), meter, tracer, clock: systemClock, random: Math.random }),
      telemetry,
      logger,
      clock: systemClock,
    });
    await service.start();
    started = true;
    logger.info({ addresses: service.addresses() }, 'Everything is ready');
    await aborted(stop);
    logger.info({}, 'Stopping: taking nothing in any more, deciding what waits, sending what is queued');
  } catch (error) {
    for (const failure of error instanceof AggregateError ? error.errors : [error]) logger.error({}, `Cannot start: ${messageOf(failure)}`);
  }
  const deadline = new ShutdownDeadline(systemClock, config.shutdownTimeoutMs);
  if (stopNow.aborted) deadline.end();
  else stopNow.addEventListener('abort', () => deadline.end(), { once: true });
  await (service ?? telemetry).shutdown(deadline);
  deadline.end();
  return started && !stopNow.aborted;
}
