import type { Component } from '../../src/component/component.ts';
import type { Consumer } from '../../src/consumer/consumer.ts';
import type { Clock } from '../../src/internal/clock.ts';
import { tuneGarbageCollection } from '../../src/internal/garbage-collection.ts';
import { totalMemoryBytes } from '../../src/internal/total-memory.ts';
import { factory } from '../../src/processor/tail-sampling/factory.ts';
import { MetricRegistry } from '../../src/telemetry/metric-registry.ts';
import { NopConsumer } from '../../test/support/consumers.ts';
import { testSettings } from '../../test/support/settings.ts';

export interface WindowOptions {
  readonly decisionWaitMs: number;
  readonly numTraces: number;
  /** `workload`: errors, slow, 5 %. A number: so many policies over attributes, each with a key of its own. */
  readonly policies: 'workload' | number;
}

const WORKLOAD_POLICIES = [
  { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
  { name: 'slow', type: 'latency', latency: { threshold_ms: 1000 } },
  { name: 'share', type: 'probabilistic', probabilistic: { sampling_percentage: 5 } },
];

/** Keys that the workload's spans have; the others that policies ask for they do not have. */
const PRESENT_KEYS = ['http.request.method', 'url.path', 'server.address', 'user.id', 'network.protocol.version'];

export interface WindowUnderTest {
  readonly processor: Component & Consumer;
  readonly waitingSpans: () => number;
}

/** The processor as a pipeline has it, with nothing behind it; metrics and garbage collection as they are at work. */
export function tailSampling({ decisionWaitMs, numTraces, policies }: WindowOptions, clock: Clock): WindowUnderTest {
  tuneGarbageCollection(totalMemoryBytes());
  const config = factory.schema.parse({
    decision_wait: `${decisionWaitMs}ms`,
    num_traces: numTraces,
    policies: policies === 'workload' ? WORKLOAD_POLICIES : attributePolicies(policies),
  });
  const meter = new MetricRegistry();
  const settings = { ...testSettings('tail_sampling', clock), meter, signal: 'traces' as const };
  const processor = factory.create(config, settings, new NopConsumer());
  return { processor, waitingSpans: () => readGauge(meter, 'tailrace_tail_sampling_window_spans') };
}

function readGauge(meter: MetricRegistry, name: string): number {
  const family = meter.families.find(({ definition }) => definition.name === name);
  if (family === undefined) throw new Error(`there is no metric ${name}`);
  return [...family.numbers.values()].reduce((sum, series) => sum + series.read(), 0);
}

/** None of them ever matches, so that each has to be asked. */
function attributePolicies(count: number): object[] {
  return Array.from({ length: count }, (_, i) => {
    const key = PRESENT_KEYS[i] ?? `app.attribute.${i}`;
    return { name: `policy-${i}`, type: 'string_attribute', string_attribute: { key, values: ['matches nothing'] } };
  });
}
