import { OtlpSink } from '../test/support/sink.ts';
import type { DemoSpan } from './decode-spans.ts';
import { decodeSpans } from './decode-spans.ts';

/**
 * The receiving backend, forked by the demo as a process of its own: takes OTLP over gRPC, says where it listens and, when
 * asked, which spans it got.
 */
export type BackendMessage =
  | { readonly kind: 'listening'; readonly endpoint: string }
  | { readonly kind: 'spans'; readonly requests: number; readonly spans: readonly DemoSpan[] };

export type BackendQuestion = 'spans';

function tell(message: BackendMessage): void {
  process.send?.(message);
}

const sink = await OtlpSink.start();
process.on('message', (_question: BackendQuestion) => {
  const requests = sink.bytesOf('traces');
  tell({ kind: 'spans', requests: requests.length, spans: requests.flatMap(decodeSpans) });
});
// The demo is gone, by Ctrl-C or otherwise: nobody is left to ask.
process.on('disconnect', () => sink.stop());
process.on('SIGINT', () => undefined);
tell({ kind: 'listening', endpoint: sink.endpoint });
