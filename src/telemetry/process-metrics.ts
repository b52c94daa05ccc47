import { performance } from 'node:perf_hooks';
import type { Meter } from '../component/meter.ts';
import type { Clock, TimerHandle } from '../internal/clock.ts';
import { metrics } from './metrics.ts';
import type { Build } from './resource.ts';

const DELAY_INTERVAL_MS = 100;

/** Registers what the process itself is measured by. Returns what ends the measuring of the event loop. */
export function observeProcess(meter: Meter, clock: Clock, build: Build): () => void {
  meter.observe(metrics.cpuSeconds, {}, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  meter.observe(metrics.memoryRss, {}, () => process.memoryUsage.rss());
  meter.observe(metrics.uptime, {}, () => process.uptime());
  meter.observe(metrics.heapAlloc, {}, () => process.memoryUsage().heapUsed);
  meter.observe(metrics.totalSysMemory, {}, () => {
    const { heapTotal, external } = process.memoryUsage();
    return heapTotal + external;
  });
  meter.observe(metrics.arrayBuffers, {}, () => process.memoryUsage().arrayBuffers);
  meter.observe(metrics.eventLoopActive, {}, () => performance.eventLoopUtilization().active / 1000);
  meter.gauge(metrics.buildInfo, { version: build.version, node_version: process.version }).set(1);
  return measureEventLoopDelay(meter, clock);
}

function measureEventLoopDelay(meter: Meter, clock: Clock): () => void {
  const delaySeconds = meter.histogram(metrics.eventLoopDelay, {});
  let timer: TimerHandle;
  const measure = (): void => {
    const dueAt = clock.monotonic() + DELAY_INTERVAL_MS;
    timer = clock.setTimer(() => {
      delaySeconds.record(Math.max(0, clock.monotonic() - dueAt) / 1000);
      measure();
    }, DELAY_INTERVAL_MS);
  };
  measure();
  return () => clock.clearTimer(timer);
}
