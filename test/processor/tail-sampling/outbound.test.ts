import { expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { seededRandom } from '../../../src/internal/seeded-random.ts';
import type { ExportRequest } from '../../../src/pdata/otlp/export-request.ts';
import { Outbound } from '../../../src/processor/tail-sampling/outbound.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Lent {
  readonly request: ExportRequest;
  readonly asItCame: Uint8Array;
  readonly settle: (error?: ConsumeError) => void;
}

test('leaves the bytes of a request alone until the next consumer has taken or refused it', async () => {
  const random = seededRandom(20_261_122);
  const lent: Lent[] = [];
  const taken: number[] = [];
  const next = {
    consume: (request: ExportRequest) =>
      new Promise<void>((resolve, reject) => {
        lent.push({ request, asItCame: Uint8Array.from(request.bytes), settle: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  };
  const clock = new ManualClock();
  const listener = { forwarded: (spans: number) => taken.push(spans), failed: () => undefined, held: () => undefined };
  const outbound = new Outbound(next, clock, listener, 64 << 20);

  let written = 0;
  const settleOne = async (): Promise<void> => {
    const [one] = lent.splice(Math.floor(random() * lent.length), 1);
    expect(Buffer.compare(one!.request.bytes, one!.asItCame)).toBe(0);
    expect(one!.request.retainable).toBe(false);
    one!.settle(random() < 0.2 ? new ConsumeError('overloaded', 'full') : undefined);
    await clock.tickAsync(50);
  };
  for (let i = 0; i < 600; i++) {
    const size = Math.ceil(random() ** 4 * 3_000_000);
    const { bytes, at } = outbound.reserve(size);
    bytes.fill(i % 251, at, at + size);
    outbound.commit(size, 1);
    written++;
    if (random() < 0.2) outbound.flush();
    await clock.tickAsync(10);
    while (lent.length > 0 && (random() < 0.5 || outbound.isFull)) await settleOne();
  }
  outbound.flush();
  while (outbound.spans > 0) {
    await clock.tickAsync(1000);
    if (lent.length > 0) await settleOne();
  }
  expect(taken.reduce((sum, spans) => sum + spans, 0)).toBe(written);
});
