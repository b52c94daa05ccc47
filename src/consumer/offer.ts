import type { ExportRequest } from '../pdata/otlp/export-request.ts';
import { toConsumeError, type ConsumeError } from './consume-error.ts';
import type { Consumer } from './consumer.ts';

/** Offers a request to a consumer; undefined when that took it, else why it did not. Never rejects. */
export async function offer(consumer: Consumer, request: ExportRequest): Promise<ConsumeError | undefined> {
  try {
    await consumer.consume(request);
    return undefined;
  } catch (error) {
    return toConsumeError(error);
  }
}
