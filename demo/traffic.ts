import { setTimeout as sleep } from 'node:timers/promises';
import { OtlpSender } from '../test/support/otlp-sender.ts';
import { recordings } from '../test/support/project.ts';
import { loadRecording } from '../test/support/recording.ts';
import type { OrderKind } from './shop.ts';
import { Shop } from './shop.ts';
import type { SpanLedger } from './span-ledger.ts';
import { progress } from './terminal.ts';

const ORDERS = 240;
/** Every 20th order is declined, every 40th meets the slow query. */
const DECLINED_EVERY = 20;
const SLOW_EVERY = 40;
const BETWEEN_ORDERS_MS = 15;
const BETWEEN_REQUESTS_MS = 12;

/** Customers order at the shop, one after the other without waiting for each other. */
export async function shopTraffic(collector: string, ledger: SpanLedger): Promise<void> {
  const shop = await Shop.open(collector, ledger);
  let answered = 0;
  try {
    const orders: Promise<void>[] = [];
    for (let i = 1; i <= ORDERS; i++) {
      const order = shop.order(orderKind(i)).then(() => progress('shop: orders', ++answered, ORDERS));
      orders.push(order);
      await sleep(BETWEEN_ORDERS_MS);
    }
    await Promise.all(orders);
  } finally {
    await shop.close();
  }
}

/** Requests as they were recorded, at many times their speed; a trace's spans come in up to ten of them. */
export async function recordedTraffic(collector: string, ledger: SpanLedger): Promise<void> {
  const { requests } = loadRecording(recordings.onlineBoutique);
  const sender = new OtlpSender(collector);
  try {
    for (const [i, request] of requests.entries()) {
      ledger.addRequest(request);
      await sender.send('traces', request);
      progress('online boutique: recorded requests', i + 1, requests.length);
      await sleep(BETWEEN_REQUESTS_MS);
    }
  } finally {
    sender.close();
  }
}

function orderKind(i: number): OrderKind {
  if (i % SLOW_EVERY === SLOW_EVERY / 2) return 'slow';
  return i % DECLINED_EVERY === 0 ? 'declined' : 'plain';
}
