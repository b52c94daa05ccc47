import { expect, test } from 'vitest';
import { id } from '../../support/otlp.ts';
import { ProcessorRig } from './processor-rig.ts';

test('each trace is judged by its own spans, however many traces are decided together', async () => {
  const key = 'wanted';
  const rig = new ProcessorRig({ policies: [{ name: 'wanted', type: 'string_attribute', string_attribute: { key, values: ['yes'] } }] });
  const expected: number[] = [];
  let number = 0;
  for (const size of [1, 3, 2, 1, 2, 1, 1, 4, 3, 3]) {
    for (let i = 0; i < size; i++) {
      number++;
      // The last of a batch and the first of the next differ.
      const isWanted = number % 2 === 1;
      if (isWanted) expected.push(number);
      await rig.send({ traceId: id(number, 16), attributes: { [key]: isWanted ? 'yes' : 'no' } });
    }
    rig.clock.tick(1100);
    await rig.settle();
  }
  expect(rig.kept).toEqual(expected);
  await rig.stop();
});
