import { expect, test } from 'vitest';
import { span } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

const LONG = 'v'.repeat(254);

test.each([
  ['the only member', 'k=v', ['v'], true],
  ['one of several', 'a=1,k=v,b=2', ['x', 'v'], true],
  ['blanks around members', 'a=1 , k=v\t,b=2', ['v'], true],
  ['empty members', ',,k=v,', ['v'], true],
  ['another value', 'k=vv', ['v'], false],
  ['the value under another key', 'kk=v,a=k', ['v'], false],
  ['a value with an equals sign', 'k=v=v', ['v'], false],
  ['no tracestate', '', ['v'], false],
  ['no values', 'k=v', [], false],
  ['an empty value', 'a=1', [''], false],
  ['a key twice: malformed', 'k=v,k=v', ['v'], false],
  ['a key of other characters: malformed', 'k=v,A=1', ['v'], false],
  ['key, = and value of 256 characters', `k=${LONG}`, [LONG], true],
  ['key, = and value of 257', `k=${LONG}v`, [`${LONG}v`], false],
])('trace_state: %s', async (_name, traceState, values, expected) => {
  const rig = new ProcessorRig({ policies: [{ name: 'p', type: 'trace_state', trace_state: { key: 'k', values } }] });
  await rig.sendRaw([span(), { ...span(), traceState }, { ...span(), traceState: 'other=1' }]);
  rig.clock.tick(1100);
  expect(rig.keptSpans).toHaveLength(expected ? 3 : 0);
});
