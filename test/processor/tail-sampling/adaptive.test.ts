import { describe, expect, test } from 'vitest';
import { carriedSampling } from '../../../src/processor/tail-sampling/policy/w3c-trace-state.ts';
import { KEEP_ALL as KEEP_EVERY } from '../../../src/processor/tail-sampling/policy/policy.ts';
import { probabilityOf } from '../../../src/processor/tail-sampling/policy/threshold.ts';
import type { JsonObject } from '../../support/otlp.ts';
import { id, span } from '../../support/otlp.ts';
import { seededRandom } from '../../support/random.ts';
import { ProcessorRig } from './processor-rig.ts';

const ADAPTIVE = { name: 'rest', type: 'adaptive_throughput', adaptive_throughput: { goal_throughput: 100 } };
const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };

/** A second of traffic, ten requests: 40 traces of two spans each of `GET /`, one of `GET /rare`, and one with an error. */
async function second(rig: ProcessorRig, random: () => number): Promise<void> {
  for (let tenth = 0; tenth < 10; tenth++) {
    const names = [...Array.from({ length: 40 }, () => 'GET /'), 'GET /rare', 'error'];
    await rig.sendRaw(names.flatMap((name) => twoSpans(name, random)));
    rig.clock.tick(100);
  }
}

function twoSpans(name: string, random: () => number): readonly JsonObject[] {
  const traceId = Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')).join('');
  const root = span({ traceId, name, spanId: id(1, 8), ...(name === 'error' ? { statusCode: 2 } : {}) });
  return [root, span({ traceId, spanId: id(2, 8), parentSpanId: id(1, 8) })];
}

describe('an adaptive policy in the processor', () => {
  test('meets its goal, keeps rare traffic and every error, and says how, in metrics and on the spans', async () => {
    const rig = new ProcessorRig({ policies: [ADAPTIVE, ERRORS] });
    const random = seededRandom(1);
    for (let s = 0; s < 60; s++) await second(rig, random);
    expect(rig.metric('adaptive_goal')).toBe(100);
    expect(rig.metric('adaptive_achieved')).toBeGreaterThan(93);
    expect(rig.metric('adaptive_achieved')).toBeLessThan(107);
    expect(rig.metric('adaptive_kinds')).toBe(2);
    expect(rig.metric('adaptive_guard_interventions')).toBeGreaterThanOrEqual(0);
    expect(rig.metric('adaptive_kind_load', 'kind="shop | GET /"')).toBeCloseTo(800, -2);
    expect(rig.metric('adaptive_kind_rate', 'kind="shop | GET /"')).toBeCloseTo(0.1, 1);
    expect(rig.metric('adaptive_kind_rate', 'kind="shop | GET /rare"')).toBe(1);
    expect(rig.metric('adaptive_kind_kept', 'kind="shop | GET /rare"')).toBeCloseTo(20, 0);
    expect(rig.metric('adaptive_kind_load', 'error')).toBe(0);
    expect(rig.unaccounted).toBe(0);

    rig.sink.requests.length = 0;
    await second(rig, random);
    rig.clock.tick(2000);
    const kept = rig.keptSpans.filter(({ parentSpanId }) => parentSpanId === undefined);
    const probabilities = (name: string): readonly number[] =>
      kept.filter((one) => one.name === name).map(({ traceState = '' }) => probabilityOf(carriedSampling(traceState).threshold ?? KEEP_EVERY));
    expect(new Set(probabilities('GET /rare'))).toEqual(new Set([1]));
    expect(new Set(probabilities('error'))).toEqual(new Set([1]));
    for (const probability of probabilities('GET /')) expect(probability).toBeCloseTo(0.1, 1);
    expect(probabilities('GET /').length).toBeGreaterThan(10);
  });

  test('inside an and is published under both names', () => {
    const rig = new ProcessorRig({ policies: [{ name: 'some', type: 'and', and: { and_sub_policy: [ERRORS, ADAPTIVE] } }] });
    expect(rig.metric('adaptive_goal', 'policy="some/rest"')).toBe(100);
  });
});
