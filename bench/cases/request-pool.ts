import { SPANS_PER_TRACE, stamp, Workload, type Template, type WorkloadOptions } from '../workload.ts';

/** More than the processor's caches hold: requests come from a socket, not from a cache. */
const POOL_BYTES = 64 << 20;

const ID_BYTES = 16;

export interface RequestPoolOptions extends WorkloadOptions {
  /** 1, or a multiple of the 10 that the templates have. */
  readonly spansPerTrace: number;
}

interface Copy {
  readonly bytes: Buffer;
  readonly template: Template;
}

/** Rounds of requests for cases in one process, stamped anew before each use. */
export class RequestPool {
  readonly spansPerRound: number;
  readonly bytesPerSpan: number;
  readonly #workload: Workload;
  readonly #rounds: readonly (readonly Copy[])[];
  readonly #spansPerTrace: number;
  #round = 0;
  /** Traces stamped so far, and the id that the last one got, for traces larger than the templates'. */
  #traces = 0;
  readonly #largeId = new Uint8Array(ID_BYTES);

  constructor(options: RequestPoolOptions) {
    this.#workload = new Workload(options);
    this.#spansPerTrace = options.spansPerTrace;
    this.spansPerRound = SPANS_PER_TRACE * options.spansPerRequest;
    this.bytesPerSpan = this.#workload.bytesPerSpan;
    const { rounds } = this.#workload;
    const count = Math.max(1, Math.ceil(POOL_BYTES / (this.bytesPerSpan * this.spansPerRound)));
    this.#rounds = Array.from({ length: count }, (_, i) =>
      rounds[i % rounds.length]!.map((template) => ({ bytes: Buffer.from(template.bytes), template })),
    );
  }

  /** The requests of the next round; they are written over when all rounds have been used. */
  nextRound(): readonly Buffer[] {
    const copies = this.#rounds[this.#round++ % this.#rounds.length]!;
    if (this.#spansPerTrace === 1) return copies.map((copy) => this.#stampEachSpan(copy));
    const ids = this.#workload.newIds();
    if (this.#spansPerTrace > SPANS_PER_TRACE) this.#joinTraces(ids);
    return copies.map(({ bytes, template }) => {
      stamp(bytes, template.traceIdAt, template.traceIndex, ids);
      return bytes;
    });
  }

  #stampEachSpan({ bytes, template }: Copy): Buffer {
    const own = Uint32Array.from(template.traceIndex, (_, span) => span);
    stamp(bytes, template.traceIdAt, own, this.#workload.newIds());
    return bytes;
  }

  /** Gives as many neighbours one id as make up a large trace. */
  #joinTraces(ids: Uint8Array): void {
    const joined = this.#spansPerTrace / SPANS_PER_TRACE;
    for (let at = 0; at < ids.length; at += ID_BYTES) {
      if (this.#traces++ % joined === 0) this.#largeId.set(ids.subarray(at, at + ID_BYTES));
      ids.set(this.#largeId, at);
    }
  }
}
