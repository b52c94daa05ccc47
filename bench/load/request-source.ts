import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SPANS_PER_TRACE, stamp, type Workload } from '../workload.ts';
import { frameRequest, type FramedRequest } from './http2-frames.ts';

const gzipAsync = promisify(gzip);

export interface ReadyRequest {
  readonly framed: FramedRequest;
  /** Whoever has the answer gives the bytes back, to be stamped anew. */
  readonly release: () => void;
}

/** Where a load takes its requests from: whole rounds, so that every trace is complete. */
export interface RequestSource {
  /** The requests of one more round; undefined when there are no more. */
  nextRound(): readonly ReadyRequest[] | undefined;
}

/** Copies of the templates laid out as frames, with new trace ids stamped in for each use. */
export class StampedRequests implements RequestSource {
  readonly #workload: Workload;
  readonly #rounds: readonly (readonly StampedTemplate[])[];
  #round = 0;

  constructor(workload: Workload, headers: Uint8Array) {
    this.#workload = workload;
    this.#rounds = workload.rounds.map((templates) =>
      templates.map(({ bytes, traceIdAt, traceIndex }) => {
        const framed = frameRequest(headers, bytes, false, traceIdAt);
        return new StampedTemplate(framed, traceIndex);
      }),
    );
  }

  nextRound(): readonly ReadyRequest[] {
    const ids = this.#workload.newIds();
    const templates = this.#rounds[this.#round++ % this.#rounds.length]!;
    return templates.map((template) => template.stamped(ids));
  }
}

class StampedTemplate {
  readonly #framed: FramedRequest;
  readonly #traceIndex: Uint32Array;
  readonly #free: ReadyRequest[] = [];

  constructor(framed: FramedRequest, traceIndex: Uint32Array) {
    this.#framed = framed;
    this.#traceIndex = traceIndex;
  }

  stamped(ids: Uint8Array): ReadyRequest {
    const request = this.#free.pop() ?? this.#copy();
    stamp(request.framed.bytes, request.framed.keptAt, this.#traceIndex, ids);
    return request;
  }

  #copy(): ReadyRequest {
    const framed = { ...this.#framed, bytes: Buffer.from(this.#framed.bytes) };
    const request: ReadyRequest = { framed, release: () => void this.#free.push(request) };
    return request;
  }
}

/** Ids cannot be stamped into what is compressed: these are made before the clock starts, as many as a phase may send. */
export class CompressedRequests implements RequestSource {
  readonly #rounds: (readonly ReadyRequest[])[];

  private constructor(rounds: (readonly ReadyRequest[])[]) {
    this.#rounds = rounds;
  }

  static async prepare(workload: Workload, headers: Uint8Array, spans: number): Promise<CompressedRequests> {
    const rounds: (readonly ReadyRequest[])[] = [];
    const spansPerRound = SPANS_PER_TRACE * workload.spansPerRequest;
    while (rounds.length * spansPerRound < spans) {
      const templates = workload.rounds[rounds.length % workload.rounds.length]!;
      const ids = workload.newIds();
      const requests = templates.map(async ({ bytes, traceIdAt, traceIndex }) => {
        const stamped = Buffer.from(bytes);
        stamp(stamped, traceIdAt, traceIndex, ids);
        const framed = frameRequest(headers, await gzipAsync(stamped), true, new Uint32Array(0));
        return { framed, release: () => undefined };
      });
      rounds.push(await Promise.all(requests));
    }
    return new CompressedRequests(rounds.reverse());
  }

  nextRound(): readonly ReadyRequest[] | undefined {
    return this.#rounds.pop();
  }
}
