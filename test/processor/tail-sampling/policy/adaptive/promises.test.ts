import { describe, expect, test } from 'vitest';
import { policySet, Simulation, weightOf, type Traffic } from '../simulation.ts';

/**
 * What adaptive policies promise, in simulated traffic that comes as it does: traces of all kinds at random, of 1 to 9
 * spans, decided in ticks and batches as the processor cuts them.
 */
const GOAL = 500;
const MAX_SPANS = 9;
const SPANS_PER_TRACE = (1 + MAX_SPANS) / 2;

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const WARM_UP_MS = 30_000;
const MINUTE_MS = 60_000;

function adaptive(keys: object = {}, goal = GOAL): object {
  return { name: 'rest', type: 'adaptive_throughput', adaptive_throughput: { goal_throughput: goal, ...keys } };
}

/** So many traces a second in all, of kinds of which the nth has a nth of the first. */
function zipf(kinds: number, tracesPerSecond: number): readonly Traffic[] {
  const parts = Array.from({ length: kinds }, (_, index) => 1 / (index + 1));
  const whole = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part, index) => ({ kind: `service-${index}`, tracesPerSecond: () => (tracesPerSecond * part) / whole, maxSpans: MAX_SPANS }));
}

/** What came and what was kept, by kind and by tenths of a second. */
class Ledger {
  readonly #kept: readonly Float64Array[];
  came = 0;
  estimated = 0;

  constructor(simulation: Simulation, seed: number, durationMs: number, traffic: readonly Traffic[]) {
    this.#kept = traffic.map(() => new Float64Array(durationMs / 100));
    simulation.run({
      seed,
      durationMs,
      traffic,
      onDecided: (trace, outcome, kind, atMs) => {
        this.came += trace.spanCount;
        const weight = weightOf(outcome);
        this.estimated += trace.spanCount * weight;
        if (weight > 0) this.#kept[kind]![Math.floor(atMs / 100)]! += trace.spanCount;
      },
    });
  }

  /** Spans a second that were kept between two times, of some kinds. */
  kept(fromMs: number, toMs: number, isOf: (kind: number) => boolean = () => true): number {
    let sum = 0;
    this.#kept.forEach((kept, kind) => {
      if (isOf(kind)) for (let tenth = fromMs / 100; tenth < toMs / 100; tenth++) sum += kept[tenth]!;
    });
    return (sum / (toMs - fromMs)) * 1000;
  }

  /** The most spans a second that were kept over any time of this length. */
  mostKept(lengthMs: number): number {
    const tenths = this.#kept[0]!.length;
    let most = 0;
    for (let from = 0; from + lengthMs / 100 <= tenths; from++) most = Math.max(most, this.kept(from * 100, from * 100 + lengthMs));
    return most;
  }
}

describe('steady traffic above the goal', () => {
  test.each([3, 10, 43])('of %i kinds: what is kept in a minute is the goal, within 7 per cent', (kinds) => {
    for (const seed of SEEDS) {
      const ledger = new Ledger(new Simulation(policySet([adaptive()])), seed, WARM_UP_MS + MINUTE_MS, zipf(kinds, 400));
      const ratio = ledger.kept(WARM_UP_MS, WARM_UP_MS + MINUTE_MS) / GOAL;
      expect(ratio, `seed ${seed}`).toBeGreaterThanOrEqual(0.93);
      expect(ratio, `seed ${seed}`).toBeLessThanOrEqual(1.07);
    }
  });

  test('of one kind at 1.01 times the goal: nearly all of the goal is kept', () => {
    for (const seed of SEEDS) {
      const traffic = zipf(1, (1.01 * GOAL) / SPANS_PER_TRACE);
      const ledger = new Ledger(new Simulation(policySet([adaptive()])), seed, WARM_UP_MS + MINUTE_MS, traffic);
      expect(ledger.kept(WARM_UP_MS, WARM_UP_MS + MINUTE_MS) / GOAL, `seed ${seed}`).toBeGreaterThanOrEqual(0.9);
    }
  });

  test.each([1, 10, 50])('with a share of %i per cent as the goal: that share is kept', (percentage) => {
    for (const seed of SEEDS.slice(0, 3)) {
      const policies = policySet([{ name: 'rest', type: 'adaptive_percentage', adaptive_percentage: { goal_percentage: percentage } }]);
      const ledger = new Ledger(new Simulation(policies), seed, WARM_UP_MS + MINUTE_MS, zipf(10, 800));
      const ratio = ledger.kept(WARM_UP_MS, WARM_UP_MS + MINUTE_MS) / (800 * SPANS_PER_TRACE * (percentage / 100));
      expect(ratio, `seed ${seed}`).toBeGreaterThanOrEqual(0.93);
      expect(ratio, `seed ${seed}`).toBeLessThanOrEqual(1.07);
    }
  });

  test('below the goal: all is kept', () => {
    const ledger = new Ledger(new Simulation(policySet([adaptive()])), 1, WARM_UP_MS + MINUTE_MS, zipf(10, 50));
    expect(ledger.estimated).toBe(ledger.came);
  });
});

describe('a spike of twenty times in one kind of twenty', () => {
  const SPIKE = 7;
  const BEGINS_MS = 40_000;
  const ENDS_MS = 60_000;
  const traffic = Array.from({ length: 20 }, (_, index): Traffic => ({
    kind: `service-${index}`,
    tracesPerSecond: (atMs) => (index === SPIKE && atMs >= BEGINS_MS && atMs < ENDS_MS ? 400 : 20),
    maxSpans: MAX_SPANS,
  }));
  const ledgers = SEEDS.map((seed) => new Ledger(new Simulation(policySet([adaptive()])), seed, 80_000, traffic));

  test('keeps at most 1.3 times the goal in any 5 s', () => {
    ledgers.forEach((ledger, index) => expect(ledger.mostKept(5000) / GOAL, `seed ${SEEDS[index]}`).toBeLessThanOrEqual(1.3));
  });

  test('leaves the other kinds at least 85 per cent of what they had', () => {
    const isOther = (kind: number): boolean => kind !== SPIKE;
    ledgers.forEach((ledger, index) => {
      const ratio = ledger.kept(BEGINS_MS, ENDS_MS, isOther) / ledger.kept(10_000, BEGINS_MS, isOther);
      expect(ratio, `seed ${SEEDS[index]}`).toBeGreaterThanOrEqual(0.85);
    });
  });
});

test('ten thousand kinds: 500 are told apart, and the goal holds', () => {
  const simulation = new Simulation(policySet([adaptive({ max_keys: 500 })]));
  const traffic = Array.from({ length: 10_000 }, (_, index): Traffic => ({ kind: `service-${index}`, tracesPerSecond: () => 0.1, maxSpans: MAX_SPANS }));
  const ledger = new Ledger(simulation, 1, WARM_UP_MS + MINUTE_MS, traffic);
  const ratio = ledger.kept(WARM_UP_MS, WARM_UP_MS + MINUTE_MS) / GOAL;
  expect(ratio).toBeLessThanOrEqual(1.1);
  expect(ratio).toBeGreaterThanOrEqual(0.7);
  expect(simulation.policies.adaptive[0]!.reporter.report(simulation.nowMs).kindCount).toBe(500);
});

describe('what is kept, counted by its probability, is what came', () => {
  test.each([
    { what: 'steady traffic', atRest: 60, inSpike: 60, bites: false },
    { what: 'spikes that the guard cuts', atRest: 20, inSpike: 400, bites: true },
  ])('in $what, within three standard errors over 40 runs', ({ atRest, inSpike, bites }) => {
    const ratios: number[] = [];
    let interventions = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const simulation = new Simulation(policySet([adaptive({}, 200)]));
      const traffic = Array.from({ length: 5 }, (_, index): Traffic => ({
        kind: `service-${index}`,
        tracesPerSecond: (atMs) => (atMs % 8000 < 1000 ? inSpike : atRest) / (index + 1),
        maxSpans: MAX_SPANS,
      }));
      const ledger = new Ledger(simulation, seed, 80_000, traffic);
      ratios.push(ledger.estimated / ledger.came);
      interventions += simulation.policies.adaptive[0]!.reporter.report(simulation.nowMs).guardInterventions;
    }
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (ratios.length - 1);
    const standardError = Math.sqrt(variance / ratios.length);
    expect(Math.abs(mean - 1)).toBeLessThan(3 * standardError);
    expect(standardError).toBeLessThan(0.02);
    if (bites) expect(interventions).toBeGreaterThan(1000);
  });
});

test('two instances that see halves of the same traffic have the same rates, within a tenth', () => {
  const halves = zipf(5, 1000);
  const rates = [1, 2].map((seed) => {
    const simulation = new Simulation(policySet([adaptive()]), seed * 1_000_000);
    simulation.run({ seed, durationMs: WARM_UP_MS + MINUTE_MS, traffic: halves, onDecided: () => undefined });
    const { kinds } = simulation.policies.adaptive[0]!.reporter.report(simulation.nowMs);
    return new Map(kinds.map(({ kind, rate }) => [kind, rate]));
  });
  for (const [kind, rate] of rates[0]!) expect(Math.abs(rate / rates[1]!.get(kind)! - 1), kind).toBeLessThan(0.1);
  expect(rates[0]!.size).toBe(5);
});
