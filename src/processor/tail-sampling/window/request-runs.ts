import type { SpanScan } from '../../../pdata/otlp/span-scan.ts';
import { MAX_RUN_SPANS } from './span-runs.ts';
import type { TraceId } from './trace-id.ts';

/** What is kept of a run: its first span, the one behind its last, the words of its trace id, their hash. */
const FIRST = 0;
const END = 1;
const ID = 2;
const HASH = 6;
const RUN_WORDS = 7;

/** The runs of a request: neighbours of one trace and one scope whose bytes are neighbours too. */
export class RequestRuns {
  count = 0;
  /** Spans without a valid trace id; they are in no run. */
  invalidSpans = 0;
  #words = new Int32Array(64 * RUN_WORDS);
  readonly #id: TraceId;

  /** `id` is what ids are read with. */
  constructor(id: TraceId) {
    this.#id = id;
  }

  /** Finds the runs of a request, instead of those of the one before. */
  read(bytes: Uint8Array, scan: SpanScan): void {
    this.count = 0;
    this.invalidSpans = 0;
    const id = this.#id;
    const { spanCount, traceIdAt, spanScope, spanField, spanEnd } = scan;
    for (let row = 0; row < spanCount; ) {
      const idAt = traceIdAt[row]!;
      if (idAt === 0) {
        this.invalidSpans++;
        row++;
        continue;
      }
      if (!id.isAt(bytes, idAt)) id.read(bytes, idAt);
      const scope = spanScope[row]!;
      const last = Math.min(spanCount, row + MAX_RUN_SPANS);
      let end = row + 1;
      while (end < last && spanScope[end] === scope && spanField[end] === spanEnd[end - 1] && id.isAt(bytes, traceIdAt[end]!)) end++;
      this.#add(row, end);
      row = end;
    }
  }

  /** The first span of a run. */
  first(run: number): number {
    return this.#words[run * RUN_WORDS + FIRST]!;
  }

  /** The span behind the last of a run. */
  end(run: number): number {
    return this.#words[run * RUN_WORDS + END]!;
  }

  hash(run: number): number {
    return this.#words[run * RUN_WORDS + HASH]!;
  }

  /** Writes the trace id of a run to `out`. */
  readId(run: number, out: TraceId): void {
    const words = this.#words;
    const at = run * RUN_WORDS + ID;
    out.set(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, words[at + 4]!);
  }

  #add(first: number, end: number): void {
    const at = this.count++ * RUN_WORDS;
    if (at === this.#words.length) this.#grow();
    const words = this.#words;
    const { a, b, c, d, hash } = this.#id;
    words[at + FIRST] = first;
    words[at + END] = end;
    words[at + ID] = a;
    words[at + ID + 1] = b;
    words[at + ID + 2] = c;
    words[at + ID + 3] = d;
    words[at + HASH] = hash;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.#words.length);
    larger.set(this.#words);
    this.#words = larger;
  }
}
