import type { DeliveryConfig } from './config.ts';
import { retryOnFailure, sendingQueue } from './config.ts';

/** For exporters whose destination is this machine: no queue, no retry, no timeout; whoever sends waits for the result. */
export const DIRECT_DELIVERY: DeliveryConfig = {
  timeout: 0,
  retry_on_failure: retryOnFailure.parse({ enabled: false }),
  sending_queue: sendingQueue.parse({ enabled: false }),
};
