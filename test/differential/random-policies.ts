import type { JsonObject } from '../support/otlp.ts';
import type { Choice } from './choice.ts';
import { randomCondition } from './random-conditions.ts';
import { STRINGS, TRACE_STATE_KEYS, TRACE_STATE_VALUES } from './random-traces.ts';

/** Beyond what any case sends: limiters of which nothing is known but that they keep all, or none. */
const UNLIMITED = 1_000_000_000;

const EXPRESSIONS = ['v[0-9]+', '^G', '(?i)get', '\\bGET\\b', '[^a]', '(?m)^a$', '\\pL', '^\\w+$', '\\x41', 'z\\z', '\\$5', 'ü'] as const;

/**
 * Lists of policies that mean the same to the Collector. Left out is what Tailrace means differently on purpose: bounds of
 * 0, an upper bound of latency (tested while a trace is read), limiters that run out, `probabilistic` without salt.
 */
export class RandomPolicies {
  readonly #choice: Choice;
  /** Under span-ingest some policies are refused. */
  readonly #judgesPieces: boolean;
  #number = 0;

  constructor(choice: Choice, judgesPieces: boolean) {
    this.#choice = choice;
    this.#judgesPieces = judgesPieces;
  }

  list(): readonly JsonObject[] {
    // Often one alone, so that no other hides what it says.
    return this.#choice.list(1, this.#choice.of([1, 1, 2, 4]), () => this.#choice.of([...this.#simple(), ...this.#containers()])());
  }

  #named(type: string, block?: JsonObject): JsonObject {
    return { name: `p${++this.#number}`, type, ...(block === undefined ? {} : { [type]: block }) };
  }

  #simple(): readonly (() => JsonObject)[] {
    const choice = this.#choice;
    const always = [
      () => this.#named('latency', { threshold_ms: choice.of([0, 1, 50, 100, 1000, 5000]) }),
      () => this.#named('numeric_attribute', { key: choice.of(['n.a', 'n.b']), ...bounds(choice), ...inverted(choice) }),
      () => this.#named('probabilistic', { hash_salt: choice.of(['s', 'default-hash-seed', 'ü']), sampling_percentage: choice.of([0, 10, 33.3, 50, 90, 100]) }),
      () => this.#named('status_code', { status_codes: choice.list(1, 2, () => choice.of(['OK', 'ERROR', 'UNSET'])) }),
      () => this.#named('string_attribute', { key: choice.of(['s.a', 's.b']), values: choice.list(0, 3, () => choice.of(STRINGS)), ...inverted(choice) }),
      () => this.#named('string_attribute', { key: choice.of(['s.a', 's.b']), enabled_regex_matching: true, values: choice.list(1, 3, () => choice.of(EXPRESSIONS)), ...inverted(choice) }),
      () => this.#named('boolean_attribute', { key: choice.of(['b.a', 'b.b']), value: choice.chance(0.5), ...inverted(choice) }),
      () => this.#named('trace_state', { key: choice.of(TRACE_STATE_KEYS), values: choice.list(1, 2, () => choice.of(TRACE_STATE_VALUES)) }),
      () => this.#named('trace_flags'),
      () => this.#ottl(),
      () => this.#ottl(),
      () => this.#ottl(),
    ];
    if (this.#judgesPieces) return always;
    return [
      ...always,
      () => this.#named('span_count', { min_spans: choice.int(1, 6), ...(choice.chance(0.5) ? { max_spans: choice.int(6, 9) } : {}) }),
      () => this.#named('rate_limiting', { spans_per_second: UNLIMITED }),
      () => this.#named('bytes_limiting', { bytes_per_second: 1, burst_capacity: 1 }),
    ];
  }

  #ottl(): JsonObject {
    const choice = this.#choice;
    const onSpans = choice.list(0, 2, () => randomCondition(choice, 'span'));
    const onEvents = choice.list(onSpans.length === 0 ? 1 : 0, 2, () => randomCondition(choice, 'spanevent'));
    return this.#named('ottl_condition', {
      ...(choice.chance(0.8) ? { error_mode: choice.of(['ignore', 'silent', 'propagate']) } : {}),
      ...(onSpans.length === 0 ? {} : { span: onSpans }),
      ...(onEvents.length === 0 ? {} : { spanevent: onEvents }),
    });
  }

  #not(): JsonObject {
    return this.#named('not', { not_sub_policy: this.#choice.of(this.#simple())() });
  }

  #conjunction(): readonly JsonObject[] {
    const choice = this.#choice;
    return choice.list(1, 3, () => (choice.chance(0.2) ? this.#not() : choice.of(this.#simple())()));
  }

  #containers(): readonly (() => JsonObject)[] {
    const simple = (): JsonObject => this.#choice.of(this.#simple())();
    const both = [
      () => this.#named('and', { and_sub_policy: this.#conjunction() }),
      () => this.#not(),
      () => this.#named('drop', { drop_sub_policy: this.#conjunction() }),
    ];
    if (this.#judgesPieces) return both;
    return [...both, () => this.#composite(this.#choice.list(1, 3, simple))];
  }

  #composite(policies: readonly JsonObject[]): JsonObject {
    const names = policies.map(({ name }) => name as string);
    return this.#named('composite', {
      max_total_spans_per_second: UNLIMITED,
      policy_order: names,
      composite_sub_policy: policies,
      rate_allocation: names.map((policy) => ({ policy, percent: Math.floor(100 / names.length) })),
    });
  }
}

function bounds(choice: Choice): JsonObject {
  const [min, max] = [choice.of([1, 5, 100]), choice.of([100, 404, 500])];
  return choice.of<JsonObject>([{ min_value: min }, { max_value: max }, { min_value: min, max_value: max }]);
}

function inverted(choice: Choice): JsonObject {
  return choice.chance(0.3) ? { invert_match: true } : {};
}
