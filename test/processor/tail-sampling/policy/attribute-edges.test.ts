import { describe, expect, test } from 'vitest';
import { encodeRequest, type JsonObject, span } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

/** The policies that look an attribute up, so that each matches one value and not the other. */
const POLICIES = [
  { type: 'string_attribute', block: { values: ['yes'] }, matching: { stringValue: 'yes' }, other: { stringValue: 'no' } },
  { type: 'string_attribute', block: { values: ['^y'], enabled_regex_matching: true }, matching: { stringValue: 'yes' }, other: { stringValue: 'no' } },
  { type: 'numeric_attribute', block: { min_value: 0, max_value: 1 }, matching: { intValue: 1 }, other: { intValue: 2 } },
  { type: 'boolean_attribute', block: { value: false }, matching: { boolValue: false }, other: { boolValue: true } },
] as const;

/** Values of `k` in the order in which they stand. */
interface Places {
  readonly resource?: readonly JsonObject[];
  readonly span?: readonly JsonObject[];
}

async function isKept(type: string, block: JsonObject, { resource = [], span: spanValues = [] }: Places): Promise<boolean> {
  const rig = new ProcessorRig({ policies: [{ name: 'p', type, [type]: { key: 'k', ...block } }] });
  const keyed = (values: readonly JsonObject[]): readonly JsonObject[] => values.map((value) => ({ key: 'k', value }));
  const scopeSpans = [{ spans: [{ ...span(), attributes: keyed(spanValues) }] }];
  const bytes = encodeRequest('traces', { resourceSpans: [{ resource: { attributes: keyed(resource) }, scopeSpans }] });
  await rig.processor.consume({ signal: 'traces', bytes, itemCount: 1, retainable: true, scan: undefined });
  rig.clock.tick(1100);
  expect(rig.collectorMetric('sampling_policy_evaluation_error')).toBe(0);
  return rig.kept.length > 0;
}

describe.each(POLICIES)('$type $block', ({ type, block, matching, other }) => {
  test.each<readonly [string, Places, boolean]>([
    ['on the span', { span: [matching] }, true],
    ['on the resource', { resource: [matching] }, true],
    ['on both', { resource: [matching], span: [matching] }, true],
    ['on the span, another on the resource', { resource: [other], span: [matching] }, true],
    ['on the resource, another on the span', { resource: [matching], span: [other] }, true],
    ['another on both', { resource: [other], span: [other] }, false],
    ['on neither', {}, false],
    ['first of two on the span', { span: [matching, other] }, true],
    ['second of two on the span', { span: [other, matching] }, false],
    ['first of two on the resource', { resource: [matching, other] }, true],
    ['second of two on the resource', { resource: [other, matching] }, false],
    ['second of two, first without a value', { span: [{}, matching] }, false],
  ])('%s', async (_name, places, expected) => {
    expect(await isKept(type, block, places)).toBe(expected);
    expect(await isKept(type, { ...block, invert_match: true }, places)).toBe(!expected);
  });
});

describe('a value of another type', () => {
  const nested = { stringValue: 'yes' };

  test.each<readonly [string, JsonObject, readonly string[]]>([
    ['string', { stringValue: 'yes' }, ['string_attribute']],
    ['string that reads as a number', { stringValue: '1' }, []],
    ['empty string', { stringValue: '' }, []],
    ['boolean', { boolValue: false }, ['boolean_attribute']],
    ['integer', { intValue: 1 }, ['numeric_attribute']],
    ['integer 0', { intValue: 0 }, ['numeric_attribute']],
    ['double', { doubleValue: 0.5 }, ['numeric_attribute']],
    ['double that is no number', { doubleValue: Number.NaN }, []],
    ['double above the bounds', { doubleValue: 1.5 }, []],
    ['infinity', { doubleValue: Number.POSITIVE_INFINITY }, []],
    ['array', { arrayValue: { values: [nested, { intValue: 1 }, { boolValue: false }] } }, []],
    ['empty array', { arrayValue: {} }, []],
    ['map', { kvlistValue: { values: [{ key: 'k', value: nested }] } }, []],
    ['bytes', { bytesValue: Buffer.from('yes') }, []],
    ['nothing', {}, []],
  ])('%s', async (_name, value, types) => {
    for (const { type, block } of POLICIES) {
      const expected = types.includes(type);
      for (const places of [{ span: [value] }, { resource: [value] }]) {
        expect(await isKept(type, block, places), type).toBe(expected);
        expect(await isKept(type, { ...block, invert_match: true }, places), type).toBe(!expected);
      }
    }
  });

  test('does not hide one of the right type on another span', async () => {
    for (const { type, block, matching } of POLICIES) {
      const policies = [{ name: 'p', type, [type]: { key: 'k', ...block } }];
      const rig = new ProcessorRig({ policies });
      const values = [{ arrayValue: {} }, { bytesValue: Buffer.from('yes') }, matching];
      await rig.sendRaw(values.map((value) => ({ ...span(), attributes: [{ key: 'k', value }] })));
      rig.clock.tick(1100);
      expect(rig.keptSpans, type).toHaveLength(3);
    }
  });
});
