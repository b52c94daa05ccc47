import type { SpanScan } from '../../pdata/otlp/span-scan.ts';
import { type Arrivals, hasRoot } from './arrivals.ts';
import type { TailSamplingConfig } from './config.ts';
import type { Decider } from './decider.ts';
import { keepsAll } from './policy/policy.ts';
import type { TraceOutcome } from './policy/policy-set.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';
import { NONE } from './window/arena.ts';
import { RequestRuns } from './window/request-runs.ts';
import { Splicer } from './window/splicer.ts';
import type { TraceId } from './window/trace-id.ts';
import { TraceRecords } from './window/trace-records.ts';
import { DECIDED_BEFORE, ROOT_RECEIVED, TOO_LARGE } from './window/trace-table.ts';
import type { Window } from './window/window.ts';
import { WindowedTraces } from './windowed-traces.ts';

/**
 * The strategy `span-ingest`: each piece of a trace, its spans in one ResourceSpans of a request, is judged alone at once.
 * Sampled and Dropped are final: what waits and what comes later follows. All else waits with the trace, which is not
 * kept when the wait ends without a decision.
 *
 * ```
 *  ResourceSpans ─► a piece a trace ─► joins the trace in the window ─► policies see the piece ─┬─► Sampled, Dropped: decided
 *                                                                                               └─► waits
 * ```
 */
export class SpanIngest {
  readonly #window: Window;
  readonly #decider: Decider;
  readonly #arrivals: Arrivals;
  readonly #metrics: ProcessorMetrics;
  readonly #view: PieceView;
  /** Indexes of the policies that can drop: while they may still do so, nothing is final but their veto. */
  readonly #drops: readonly number[];
  readonly #isByChanceAlone: boolean;
  readonly #id: TraceId;
  readonly #runs: RequestRuns;
  /** By trace id, the slots of the pieces of the resource at hand. */
  readonly #pieces = new TraceRecords(1);

  constructor({ policies }: TailSamplingConfig, window: Window, decider: Decider, arrivals: Arrivals, metrics: ProcessorMetrics) {
    this.#window = window;
    this.#decider = decider;
    this.#arrivals = arrivals;
    this.#metrics = metrics;
    this.#id = window.newId();
    this.#runs = new RequestRuns(window.newId());
    this.#view = new PieceView(window, new Splicer(window));
    this.#drops = policies.flatMap(({ type }, index) => (type === 'drop' ? [index] : []));
    this.#isByChanceAlone = policies.every(({ type }) => type === 'probabilistic');
  }

  /** Takes in the spans of a request that the window has begun. */
  take(bytes: Uint8Array, scan: SpanScan, nowMs: number): void {
    const { traces } = this.#window;
    const runs = this.#runs;
    runs.read(bytes, scan);
    if (runs.invalidSpans > 0) this.#metrics.addDropped('invalid', runs.invalidSpans);
    let resource = 0;
    for (let run = 0; run < runs.count; run++) {
      const first = runs.first(run);
      const end = runs.end(run);
      const resourceOfRun = scan.scopeResource[scan.spanScope[first]!]!;
      if (resourceOfRun !== resource) {
        this.#joinPieces(nowMs);
        resource = resourceOfRun;
      }
      runs.readId(run, this.#id);
      const piece = this.#pieceOf(this.#id, nowMs);
      this.#window.addRun(piece, first, end);
      if (hasRoot(scan, first, end)) traces.setFlags(piece, ROOT_RECEIVED);
    }
    this.#joinPieces(nowMs);
  }

  #pieceOf(id: TraceId, nowMs: number): number {
    const known = this.#pieces.find(id);
    if (known !== NONE) return this.#pieces.word(known, 0);
    const piece = this.#window.traces.addPiece(id, nowMs);
    this.#pieces.setWord(this.#pieces.add(id), 0, piece);
    return piece;
  }

  #joinPieces(nowMs: number): void {
    // Policies look at the bytes.
    this.#window.flush();
    for (let record = 0; record < this.#pieces.size; record++) this.#joinPiece(this.#pieces.word(record, 0), nowMs);
    this.#pieces.clear();
  }

  #joinPiece(piece: number, nowMs: number): void {
    const { traces } = this.#window;
    traces.readId(piece, this.#id);
    const slot = this.#arrivals.slotFor(this.#id, nowMs);
    if (slot === NONE) {
      this.#decider.dropLate(traces.spanCount(piece), nowMs);
      this.#window.releasePiece(piece);
      return;
    }
    this.#window.join(piece, slot);
    this.#arrivals.joined(slot, (traces.flags(piece) & ROOT_RECEIVED) !== 0, nowMs);
    if ((traces.flags(slot) & (DECIDED_BEFORE | TOO_LARGE)) === 0) this.#judge(piece, slot, nowMs);
    traces.removePiece(piece);
  }

  #judge(piece: number, slot: number, nowMs: number): void {
    const spanCount = this.#window.traces.spanCount(slot);
    this.#view.beginPiece(piece, spanCount, nowMs);
    const outcome = this.#decider.ask(this.#view)[0]!;
    if (this.#isFinal(outcome)) this.#decider.settle(slot, this.#withHonestThreshold(outcome), 'span_ingest', nowMs);
    else this.#decider.recordOpinions(outcome, spanCount);
  }

  #isFinal({ decision, outcomes }: Readonly<TraceOutcome>): boolean {
    if (decision.verdict === 'dropped') return true;
    return decision.verdict === 'sampled' && this.#drops.every((index) => outcomes[index] === 'failed');
  }

  /** What chance has not kept, a rule may still have kept when a later piece came: the probability is then not known. */
  #withHonestThreshold(outcome: Readonly<TraceOutcome>): Readonly<TraceOutcome> {
    if (this.#isByChanceAlone || keepsAll(outcome.decision.threshold)) return outcome;
    return { ...outcome, decision: { ...outcome.decision, threshold: undefined } };
  }
}

/** A piece as policies see it. Only its number of spans is that of the trace so far. */
class PieceView extends WindowedTraces {
  #spanCount = 0;

  beginPiece(piece: number, spanCount: number, nowMs: number): void {
    this.#spanCount = spanCount;
    this.begin([piece], nowMs);
  }

  override get spanCount(): number {
    return this.#spanCount;
  }
}
