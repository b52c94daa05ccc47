import type { ComponentSettings } from '../../component/factory.ts';
import type { Logger } from '../../component/logger.ts';
import { noopTracer } from '../../component/tracer.ts';
import { toConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import { systemClock } from '../../internal/clock.ts';
import { messageOf } from '../../internal/message-of.ts';
import { seededRandom } from '../../internal/seeded-random.ts';
import { SimulatedClock } from '../../internal/simulated-clock.ts';
import { sleep } from '../../internal/sleep.ts';
import { scanTraces } from '../../pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../pdata/otlp/span-scan.ts';
import { metrics as batchMetrics } from '../../processor/batch/metrics.ts';
import { metrics as tailSamplingMetrics } from '../../processor/tail-sampling/metrics.ts';
import type { ServiceConfig } from '../registry.ts';
import { Service } from '../service.ts';
import { ShutdownDeadline } from '../shutdown-deadline.ts';
import { endOfRequest, RecordedTime } from './recorded-time.ts';
import type { RecordedRequest } from './recording.ts';
import { Recording, RecordingError } from './recording.ts';
import { RecordedMetrics } from './recorded-metrics.ts';
import { IDLE, replayConfig } from './replay-config.ts';
import { ReplayOutput } from './replay-output.ts';
import { Traffic } from './traffic.ts';

export interface ReplayOptions {
  readonly config: ServiceConfig;
  readonly recordings: readonly string[];
  /** Of several traces pipelines the one that is meant. */
  readonly pipeline: string | undefined;
  /** Where kept traces go instead of to the configured exporters. */
  readonly outFile: string | undefined;
  readonly seed: number;
  /** So many times as fast as it was recorded; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  readonly logger: (component: string) => Logger;
  readonly onProgress: (progress: Progress) => void;
  /** Aborts when the replay shall end early, with what there is. */
  readonly stop: AbortSignal;
  readonly stopNow: AbortSignal;
}

export interface Progress {
  /** Of all recordings, from 0 to 1. */
  readonly share: number;
  readonly spans: number;
  readonly elapsedMs: number;
}

export interface ReplayResult {
  readonly input: Traffic;
  readonly output: Traffic;
  readonly metrics: RecordedMetrics;
  /** Of recorded time, up to the last request. */
  readonly elapsedMs: number;
  /** Requests that could not be taken in, by why. */
  readonly refused: ReadonlyMap<string, number>;
  readonly isComplete: boolean;
}

/** How long a request that is refused for now waits when nobody says how long, and how often. */
const RETRY_MS = 100;
const MAX_RETRIES = 1000;

/** When the recordings end, what waits is decided in its own time, unless that is longer than anybody waits. */
const MAX_DRAIN_MS = 24 * 3_600_000;
const DRAIN_STEP_MS = 100;

const KEEP_ALIVE_MS = 2 ** 31 - 1;

/**
 * Runs recordings through the processors of a traces pipeline as if they came in now: the clock of the processors is set
 * by the spans' end times. The same recordings, configuration and seed give the same result, however fast exporters are.
 *
 * @throws RecordingError where a recording cannot be read, Error where it is not clear which pipeline is meant, or that names
 * the component which could not be built or started
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  // Timers of components keep no process alive, and neither does a simulated clock.
  const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
  try {
    return await new Replay(options).run();
  } finally {
    clearInterval(keepAlive);
  }
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #clock = new SimulatedClock(0);
  readonly #time = new RecordedTime();
  readonly #metrics = new RecordedMetrics();
  readonly #input = new Traffic();
  readonly #output = new Traffic();
  readonly #refused = new Map<string, number>();
  readonly #scan = new SpanScan();
  #head: Consumer | undefined;
  #end: ReplayOutput | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  async run(): Promise<ReplayResult> {
    const { config, recordings: paths, stop, stopNow } = this.#options;
    const recordings = await Promise.all(paths.map((path) => Recording.open(path)));
    const service = this.#createService();
    const failed = new AbortController();
    let elapsedMs = 0;
    try {
      await service.start();
      await this.#play(recordings);
      elapsedMs = this.#clock.monotonic();
      if (!stop.aborted) await this.#decideWhatWaits();
    } catch (error) {
      failed.abort();
      throw error;
    } finally {
      const deadline = new ShutdownDeadline(systemClock, config.shutdownTimeoutMs);
      const giveUp = AbortSignal.any([failed.signal, stopNow]);
      if (giveUp.aborted) deadline.end();
      else giveUp.addEventListener('abort', () => deadline.end(), { once: true });
      await service.shutdown(deadline);
      deadline.end();
    }
    return {
      input: this.#input,
      output: this.#output,
      metrics: this.#metrics,
      elapsedMs,
      refused: this.#refused,
      isComplete: !stop.aborted,
    };
  }

  #createService(): Service {
    const { config, pipeline, outFile, seed, stopNow, logger } = this.#options;
    const pipelines = replayConfig(config, pipeline, outFile, {
      input: (head) => (this.#head = head),
      output: (next) => (this.#end = new ReplayOutput(next, this.#output, stopNow)),
    });
    const random = seededRandom(seed);
    const component = (id: string): ComponentSettings => ({
      id,
      logger: logger(id),
      meter: this.#metrics,
      tracer: noopTracer,
      // Exporters talk to others, who live in real time.
      clock: pipelines.processors.has(id) ? this.#clock : systemClock,
      random,
    });
    return new Service(pipelines, { component, telemetry: IDLE, logger: logger('service'), clock: systemClock });
  }

  async #play(recordings: readonly Recording[]): Promise<void> {
    const size = recordings.reduce((sum, recording) => sum + recording.size, 0);
    for (const recording of recordings) {
      for await (const request of recording.requests()) {
        if (this.#options.stop.aborted) return;
        await this.#playRequest(request);
        const read = recordings.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
        this.#options.onProgress({ share: size === 0 ? 1 : read / size, spans: this.#input.spans.count, elapsedMs: this.#clock.monotonic() });
      }
    }
  }

  async #playRequest({ bytes, place }: RecordedRequest): Promise<void> {
    const scan = this.#scan;
    try {
      scanTraces(bytes, scan);
      this.#input.add(bytes, scan);
    } catch (cause) {
      throw new RecordingError(`${place}: ${messageOf(cause)}`, { cause });
    }
    if (scan.spanCount === 0) return;
    await this.#advance(this.#time.advance(endOfRequest(scan)));
    await this.#handOver(bytes, scan.spanCount);
  }

  async #handOver(bytes: Uint8Array, itemCount: number): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#head?.consume({ signal: 'traces', bytes, itemCount, retainable: false, scan: this.#scan });
        return await this.#settle();
      } catch (thrown) {
        const error = toConsumeError(thrown);
        if (!error.isRetryable || attempt === MAX_RETRIES) {
          this.#refused.set(error.message, (this.#refused.get(error.message) ?? 0) + 1);
          return;
        }
        await this.#advance(this.#clock.monotonic() + (error.retryAfterMs ?? RETRY_MS));
      }
    }
  }

  /** Moves the time of the processors on, waiting after each of their timers for what that began. */
  async #advance(toMs: number): Promise<void> {
    const { speed, stop } = this.#options;
    if (speed !== undefined) await sleep(systemClock, (toMs - this.#clock.monotonic()) / speed, stop);
    while (this.#clock.step(toMs)) await this.#settle();
  }

  async #settle(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    await this.#end?.idle();
  }

  async #decideWhatWaits(): Promise<void> {
    const untilMs = this.#clock.monotonic() + MAX_DRAIN_MS;
    const waiting = [tailSamplingMetrics.windowSpans, tailSamplingMetrics.outboundSpans, batchMetrics.pendingItems];
    while (waiting.some((metric) => this.#metrics.total(metric) > 0) && this.#clock.monotonic() < untilMs && !this.#options.stop.aborted) {
      await this.#advance(this.#clock.monotonic() + DRAIN_STEP_MS);
    }
  }
}
