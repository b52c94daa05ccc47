import { expect, test } from 'vitest';
import { id, type JsonObject } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
const ALL = { name: 'all', type: 'always_sample' };

/** One error and `others` traces beside it, decided together: how many spans each policy inside kept. */
async function keptBy(composite: JsonObject, others: number): Promise<Readonly<Record<string, number>>> {
  const policies = [{ name: 'c', type: 'composite', composite: { composite_sub_policy: [ALL, ERRORS], ...composite } }];
  const rig = new ProcessorRig({ policies, record: { policy: true } });
  await rig.send({ traceId: id(1, 16), statusCode: 2 }, ...Array.from({ length: others }, (_, index) => ({ traceId: id(index + 2, 16) })));
  rig.clock.tick(1100);
  const kept: Record<string, number> = {};
  for (const { attributes = [] } of rig.keptSpans) {
    const name = attributes.find(({ key }) => key === 'tailsampling.composite_policy')!.value!['stringValue'] as string;
    kept[name] = (kept[name] ?? 0) + 1;
  }
  return kept;
}

test.each<readonly [string, JsonObject, number, Readonly<Record<string, number>>]>([
  ['as listed', { max_total_spans_per_second: 100 }, 3, { all: 4 }],
  ['in policy_order', { max_total_spans_per_second: 100, policy_order: ['errors', 'all'] }, 3, { errors: 1, all: 3 }],
  ['those that policy_order leaves out come after', { max_total_spans_per_second: 100, policy_order: ['errors'] }, 3, { errors: 1, all: 3 }],
  ['equal parts', { max_total_spans_per_second: 8, policy_order: ['errors', 'all'] }, 50, { errors: 1, all: 4 }],
  ['parts as written', { max_total_spans_per_second: 10, policy_order: ['errors', 'all'], rate_allocation: [{ policy: 'all', percent: 70 }] }, 50, { errors: 1, all: 7 }],
  // The error has the least randomness: the first policy has nothing left for it.
  ['an exhausted policy passes the trace on', { max_total_spans_per_second: 4 }, 50, { all: 2, errors: 1 }],
])('composite: %s', async (_name, config, others, expected) => {
  expect(await keptBy(config, others)).toEqual(expected);
});
