import { expect, test } from 'vitest';
import { span } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

test.each([
  [0, false],
  [1, true],
  [0x300, false],
  [0x301, true],
  [0xffff_fffe, false],
  [0xffff_ffff, true],
])('trace_flags: %i', async (flags, expected) => {
  const rig = new ProcessorRig({ policies: [{ name: 'p', type: 'trace_flags' }] });
  await rig.sendRaw([span(), { ...span(), flags }]);
  rig.clock.tick(1100);
  expect(rig.keptSpans).toHaveLength(expected ? 2 : 0);
});
