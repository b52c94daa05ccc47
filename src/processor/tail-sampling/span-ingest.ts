import type { SpanScan } from '../../pdata/otlp/span-scan.ts';
import { HAS_PARENT } from '../../pdata/otlp/span-scan.ts';
import type { TailSamplingConfig } from './config.ts';
import type { Decider } from './decider.ts';
import { KEEP_ALL } from './policy/policy.ts';
import type { TraceOutcome } from './policy/policy-set.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';
import { Splicer } from './window/splicer.ts';
import { DECIDED_BEFORE, ROOT_RECEIVED, TOO_LARGE, traceKey } from './window/trace-table.ts';
import type { Window } from './window/window.ts';
import { WindowedTraces } from './windowed-traces.ts';

/** What is done for spans that join a trace, whoever judges it when. */
export interface Arrivals {
  /** The slot of a trace, a new one where it is new; -1 where its late spans are to be dropped. */
  slotFor(id: string, nowMs: number): number;
  /** Spans have joined the trace in a slot. */
  joined(slot: number, withRoot: boolean, nowMs: number): void;
}

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
  /** The pieces of the resource at hand, by trace id. */
  readonly #pieces = new Map<string, number>();

  constructor({ policies }: TailSamplingConfig, window: Window, decider: Decider, arrivals: Arrivals, metrics: ProcessorMetrics) {
    this.#window = window;
    this.#decider = decider;
    this.#arrivals = arrivals;
    this.#metrics = metrics;
    this.#view = new PieceView(window, new Splicer(window));
    this.#drops = policies.flatMap(({ type }, index) => (type === 'drop' ? [index] : []));
    this.#isByChanceAlone = policies.every(({ type }) => type === 'probabilistic');
  }

  /** Takes in the spans of a request that the window has begun. */
  take(bytes: Uint8Array, scan: SpanScan, nowMs: number): void {
    const { traces } = this.#window;
    let resource = 0;
    for (let row = 0; row < scan.spanCount; row++) {
      const idAt = scan.traceIdAt[row]!;
      if (idAt === 0) {
        this.#metrics.addDropped('invalid', 1);
        continue;
      }
      const resourceOfRow = scan.scopeResource[scan.spanScope[row]!]!;
      if (resourceOfRow !== resource) {
        this.#joinPieces(nowMs);
        resource = resourceOfRow;
      }
      const piece = this.#pieceOf(traceKey(bytes, idAt), nowMs);
      this.#window.addSpan(piece, row);
      if ((scan.info[row]! & HAS_PARENT) === 0) traces.flags[piece]! |= ROOT_RECEIVED;
    }
    this.#joinPieces(nowMs);
  }

  #pieceOf(id: string, nowMs: number): number {
    const known = this.#pieces.get(id);
    if (known !== undefined) return known;
    const piece = this.#window.traces.addPiece(id, nowMs);
    this.#pieces.set(id, piece);
    return piece;
  }

  #joinPieces(nowMs: number): void {
    // Policies look at the bytes.
    this.#window.flush();
    for (const [id, piece] of this.#pieces) this.#joinPiece(id, piece, nowMs);
    this.#pieces.clear();
  }

  #joinPiece(id: string, piece: number, nowMs: number): void {
    const { traces } = this.#window;
    const slot = this.#arrivals.slotFor(id, nowMs);
    if (slot < 0) {
      this.#decider.dropLate(traces.spanCount[piece]!, nowMs);
      this.#window.releasePiece(piece);
      return;
    }
    this.#window.join(piece, slot);
    this.#arrivals.joined(slot, (traces.flags[piece]! & ROOT_RECEIVED) !== 0, nowMs);
    if ((traces.flags[slot]! & (DECIDED_BEFORE | TOO_LARGE)) === 0) this.#judge(piece, slot, nowMs);
    traces.removePiece(piece);
  }

  #judge(piece: number, slot: number, nowMs: number): void {
    const spanCount = this.#window.traces.spanCount[slot]!;
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
    if (this.#isByChanceAlone || outcome.decision.threshold === KEEP_ALL) return outcome;
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
