import type { AddressInfo } from 'node:net';
import { setPriority } from 'node:os';
import { grpcServer } from '../server/grpc-over-http2.ts';
import type { SinkAnswer, SinkQuestion } from './sink-messages.ts';
import { WholeTraces } from './whole-traces.ts';

/** The load generator, on the same core, goes first: what it waits for would look like the server's time. */
setPriority(10);

/** The backend as a process: takes everything and counts it. */
const traces = new WholeTraces();
let requests = 0;

const server = grpcServer((message) => {
  requests++;
  traces.add(message);
});

function tell(answer: SinkAnswer): void {
  process.send?.(answer);
}

process.on('message', (question: SinkQuestion) => {
  if (question.kind === 'reset') {
    traces.reset();
    requests = 0;
  }
  const { spans, whole, surplus } = traces;
  tell({ kind: 'report', report: { requests, spans, traces: traces.traces, wholeTraces: whole, surplusSpans: surplus } });
});
process.on('disconnect', () => process.exit());

server.listen(0, '127.0.0.1', () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }));
