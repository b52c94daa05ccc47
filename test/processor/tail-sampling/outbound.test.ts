import { expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { seededRandom } from '../../../src/internal/seeded-random.ts';
import type { ExportRequest } from '../../../src/pdata/otlp/export-request.ts';
import { Outbound } from '../../../src/processor/tail-sampling/outbound.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Lent {
  readonly request: ExportRequest;
  readonly settle: (error?: ConsumeError) => void;
}

test('leaves the bytes of a request alone until the next consumer has taken or refused it', async () => {
  const random = seededRandom(20_261_122);
  const lent: Lent[] = [];
  /** Pieces as they were written: how long each is, and the byte that fills it. */
  const written: { readonly size: number; readonly fill: number }[] = [];
  const ended = { spans: 0, pieces: new Set<number>() };
  const next = {
    consume: (request: ExportRequest) =>
      new Promise<void>((resolve, reject) => {
        lent.push({ request, settle: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  };
  const clock = new ManualClock();
  const listener = { forwarded: (spans: number) => void (ended.spans += spans), failed: (spans: number) => void (ended.spans += spans), held: () => undefined };
  const outbound = new Outbound(next, clock, listener, 64 << 20);

  /** Each piece of the request, told by the sizes, as it was written. */
  const check = ({ bytes, itemCount }: ExportRequest): void => {
    const first = written.findIndex((_, index) => {
      const size = written.slice(index, index + itemCount).reduce((sum, piece) => sum + piece.size, 0);
      return !ended.pieces.has(index) && written[index]!.fill === bytes[0] && size === bytes.length;
    });
    expect(first).toBeGreaterThanOrEqual(0);
    let at = 0;
    for (const [index, { size, fill }] of written.slice(first, first + itemCount).entries()) {
      expect(bytes.subarray(at, at + size).every((byte) => byte === fill)).toBe(true);
      at += size;
      ended.pieces.add(first + index);
    }
  };
  const settleOne = async (): Promise<void> => {
    const [one] = lent.splice(Math.floor(random() * lent.length), 1);
    expect(one!.request.retainable).toBe(false);
    const chance = random();
    if (chance < 0.2) one!.settle(new ConsumeError('overloaded', 'full'));
    else {
      check(one!.request);
      one!.settle(chance < 0.3 ? new ConsumeError('rejected', 'no such tenant') : undefined);
    }
    await clock.tickAsync(50);
  };
  for (let i = 0; i < 600; i++) {
    const size = Math.ceil(random() ** 4 * 3_000_000);
    const { bytes, at } = outbound.reserve(size);
    const fill = i % 251;
    bytes.fill(fill, at, at + size);
    written.push({ size, fill });
    outbound.commit(size, 1);
    if (random() < 0.2) outbound.flush();
    await clock.tickAsync(10);
    while (lent.length > 0 && (random() < 0.5 || outbound.isFull)) await settleOne();
  }
  outbound.flush();
  while (outbound.spans > 0) {
    await clock.tickAsync(1000);
    if (lent.length > 0) await settleOne();
  }
  expect([ended.spans, ended.pieces.size]).toEqual([written.length, written.length]);
});
