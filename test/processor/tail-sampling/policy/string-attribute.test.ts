import { describe, expect, test } from 'vitest';
import { type Json, type JsonObject, span, tracesOf, encodeRequest } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

const STRING = (value: string) => ({ stringValue: value });

async function isKept(block: JsonObject, spanValue: Json | undefined, resourceValue?: Json): Promise<boolean> {
  const rig = new ProcessorRig({ policies: [{ name: 'p', type: 'string_attribute', string_attribute: { key: 'k', ...block } }] });
  const request = tracesOf([{ ...span(), attributes: spanValue === undefined ? [] : [{ key: 'k', value: spanValue }] }]);
  const [resourceSpans] = request['resourceSpans'] as readonly JsonObject[];
  const resource = { attributes: resourceValue === undefined ? [] : [{ key: 'k', value: resourceValue }] };
  const bytes = encodeRequest('traces', { resourceSpans: [{ ...resourceSpans, resource }] });
  await rig.processor.consume({ signal: 'traces', bytes, itemCount: 1, retainable: true, scan: undefined });
  rig.clock.tick(1100);
  return rig.kept.length > 0;
}

describe('string_attribute', () => {
  test.each([
    ['a value of a span', { values: ['a', 'b'] }, STRING('b'), undefined, true],
    ['a value of the resource', { values: ['b'] }, undefined, STRING('b'), true],
    ['one of both', { values: ['b'] }, STRING('a'), STRING('b'), true],
    ['another value', { values: ['b'] }, STRING('bb'), STRING('B'), false],
    ['a value that begins alike', { values: ['bb'] }, STRING('b'), undefined, false],
    ['no attribute', { values: ['b'] }, undefined, undefined, false],
    ['no values', {}, STRING(''), undefined, false],
    ['an empty value', { values: [''] }, STRING(''), undefined, false],
    ['a number', { values: ['5'] }, { intValue: 5 }, undefined, false],
    ['a boolean', { values: ['true'] }, { boolValue: true }, undefined, false],
    ['bytes', { values: ['b'] }, { bytesValue: Buffer.from('b') }, undefined, false],
    ['text of several bytes a character', { values: ['привет'] }, STRING('привет'), undefined, true],
    ['a match, inverted', { values: ['b'], invert_match: true }, STRING('b'), undefined, false],
    ['no match, inverted', { values: ['b'], invert_match: true }, STRING('a'), undefined, true],
    ['no attribute, inverted', { values: ['b'], invert_match: true }, undefined, undefined, true],
  ] as const)('%s', async (_name, block, spanValue, resourceValue, expected) => {
    expect(await isKept(block, spanValue, resourceValue)).toBe(expected);
  });

  test.each([
    ['anywhere', ['b+'], 'abbc', true],
    ['anchored', ['^b'], 'ab', false],
    ['one of several', ['^x', 'c$'], 'abc', true],
    ['none', ['d'], 'abc', false],
    ['an empty attribute', ['^$'], '', false],
    ['a class of RE2', ['\\pL{3}'], 'мир', true],
    ['a flag', ['(?i)ABC'], 'abc', true],
    ['a value longer than is remembered', ['z$'], `${'a'.repeat(3000)}z`, true],
    ['an expression that backtracking would never finish', ['^(a+)+$'], `${'a'.repeat(200)}!`, false],
  ])('a regular expression: %s', async (_name, values, value, expected) => {
    expect(await isKept({ values, enabled_regex_matching: true }, STRING(value))).toBe(expected);
    expect(await isKept({ values, enabled_regex_matching: true, invert_match: true }, STRING(value))).toBe(!expected);
  });

  test('remembers verdicts of as many values as it may, and gives the same ones', async () => {
    const rig = new ProcessorRig({
      policies: [{ name: 'p', type: 'string_attribute', string_attribute: { key: 'k', values: ['[02468]$'], enabled_regex_matching: true, cache_max_size: 3 } }],
    });
    const numbers = Array.from({ length: 60 }, (_, i) => i + 1);
    await rig.send(...numbers.map((number) => ({ traceId: number.toString(16).padStart(32, '0'), attributes: { k: `v${number % 10}` } })));
    rig.clock.tick(1100);
    expect(rig.kept).toEqual(numbers.filter((number) => number % 2 === 0));
  });
});
