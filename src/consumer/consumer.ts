import type { ExportRequest } from '../pdata/otlp/export-request.ts';

/**
 * The one way data moves: whatever stands downstream of a receiver or a processor is a Consumer.
 *
 * `consume` resolves when the request has been taken over: from then on the consumer answers for it, and the caller may
 * acknowledge it. It rejects with a `ConsumeError` when nothing of the request was taken; the error says whether the
 * same request may be offered again (`isRetryable`) and when. It takes all or nothing.
 *
 * The request's bytes and its scan belong to the caller again as soon as the promise settles. A consumer that keeps
 * bytes beyond that copies them, unless `request.retainable`. It never changes them: with fan-out, others read them too.
 *
 * What a consumer does to its own state it does before its first `await`.
 */
export interface Consumer {
  consume(request: ExportRequest): Promise<void>;
}
