import { expect, test } from 'vitest';
import { ConsumeError } from '../../src/consumer/consume-error.ts';
import type { Consumer } from '../../src/consumer/consumer.ts';
import { offer } from '../../src/consumer/offer.ts';
import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';
import { FailingConsumer, NopConsumer } from '../support/consumers.ts';

const request: ExportRequest = { signal: 'traces', bytes: new Uint8Array([10, 0]), itemCount: 3, retainable: true, scan: undefined };
const full = new ConsumeError('overloaded', 'full');
const rejects: Consumer = { consume: () => Promise.reject(new Error('oh')) };
const throws: Consumer = {
  consume() {
    throw new Error('oh');
  },
};

test('what is taken is no error', async () => {
  expect(await offer(new NopConsumer(), request)).toBeUndefined();
});

test('a refusal is the error that it is', async () => {
  expect(await offer(new FailingConsumer(full), request)).toBe(full);
});

test.each([
  ['rejects', rejects],
  ['throws at once', throws],
])('whoever %s with anything else has failed within', async (_how, consumer) => {
  expect(await offer(consumer, request)).toMatchObject({ code: 'internal', message: 'oh' });
});
