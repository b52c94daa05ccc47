import type { AttributeFinder } from '../../../../pdata/otlp/attribute-finder.ts';
import { EventReader } from '../../../../pdata/otlp/event-reader.ts';
import { ResourceReader } from '../../../../pdata/otlp/resource-reader.ts';
import { ScopeReader } from '../../../../pdata/otlp/scope-reader.ts';
import { SpanReader } from '../../../../pdata/otlp/span-reader.ts';
import type { SpanPlace } from '../trace-walk.ts';
import { NO_SPAN } from '../trace.ts';
import { EVENT, type Level, RESOURCE, SCOPE, SPAN, TRACE } from './expression.ts';
import { ConditionError } from './ottl-error.ts';

/** Work allowed for each trace, and for each byte of it, whatever the conditions: a text read once is work of its length. */
const WORK_PER_TRACE = 1_000_000;
const WORK_PER_BYTE = 16;

const tooMuchWork = new ConditionError('the condition takes more work than its trace is long: it combines long values of a span with many events');

/** The keys of attributes that conditions ask for, by where they ask; all but `span` and `resource`, which the walk has. */
export interface AttributeKeys {
  readonly event: readonly string[];
  readonly scope: readonly string[];
  readonly root: readonly string[];
}

/**
 * What conditions are evaluated on: a span of the walk, what it is part of, and one of its events. Read as they are asked
 * for, at most once each.
 */
export class EvaluationContext {
  /** By level, a number that changes whenever what is there changes. */
  readonly epochs: number[] = [0, 0, 0, 0, 0, 0];
  place!: SpanPlace;
  readonly event: EventReader;
  eventIndex = 0;
  readonly #scope: ScopeReader;
  readonly #resource = new ResourceReader();
  readonly #root: SpanReader;
  #hasRoot = false;
  /** The epochs in which they were read. */
  #scopeRead = 0;
  #resourceRead = 0;
  #rootRead = 0;
  #trace = -1;
  #resourceHandle = NO_SPAN;
  #scopeHandle = NO_SPAN;
  #epoch = 0;
  #work = 0;

  constructor(keys: AttributeKeys) {
    this.event = new EventReader(keys.event);
    this.#scope = new ScopeReader(keys.scope);
    this.#root = new SpanReader(keys.root);
  }

  /** Goes to the walk's span. */
  enterSpan(place: SpanPlace): void {
    const { trace, span, reader } = place;
    const resource = trace.resource(span);
    const scope = trace.scope(span);
    const isNewTrace = place !== this.place || trace.serial !== this.#trace;
    const isNewResource = isNewTrace || resource !== this.#resourceHandle;
    const isNewScope = isNewResource || scope !== this.#scopeHandle;
    this.#change(isNewTrace ? TRACE : isNewResource ? RESOURCE : isNewScope ? SCOPE : SPAN);
    this.place = place;
    this.#trace = trace.serial;
    this.#resourceHandle = resource;
    this.#scopeHandle = scope;
    let size = reader.end - reader.start;
    if (isNewResource) size += trace.resourceEnd(resource) - trace.resourceStart(resource);
    if (isNewScope) size += trace.scopeEnd(scope) - trace.scopeStart(scope);
    this.#work = (isNewTrace ? WORK_PER_TRACE : this.#work) + WORK_PER_BYTE * size;
  }

  /** Goes to one of the span's events. */
  enterEvent(index: number): void {
    const { bytes, eventStart, eventEnd } = this.place.reader;
    this.event.read(bytes, eventStart[index]!, eventEnd[index]!);
    this.eventIndex = index;
    this.#change(EVENT);
  }

  get span(): SpanReader {
    return this.place.reader;
  }

  /** The first span of the trace that has no parent. */
  get root(): SpanReader | undefined {
    if (this.#rootRead !== this.epochs[TRACE]) {
      this.#rootRead = this.epochs[TRACE]!;
      const { trace } = this.place;
      let span = trace.firstSpan();
      while (span !== NO_SPAN && !trace.isRoot(span)) span = trace.nextSpan(span);
      this.#hasRoot = span !== NO_SPAN;
      if (this.#hasRoot) this.#root.read(trace.spanBytes(span), trace.spanStart(span), trace.spanEnd(span));
    }
    return this.#hasRoot ? this.#root : undefined;
  }

  get scope(): ScopeReader {
    if (this.#scopeRead !== this.epochs[SCOPE]) {
      this.#scopeRead = this.epochs[SCOPE]!;
      const { trace } = this.place;
      const scope = this.#scopeHandle;
      this.#scope.read(trace.scopeBytes(scope), trace.scopeStart(scope), trace.scopeEnd(scope));
    }
    return this.#scope;
  }

  get resource(): ResourceReader {
    if (this.#resourceRead !== this.epochs[RESOURCE]) {
      this.#resourceRead = this.epochs[RESOURCE]!;
      const { trace } = this.place;
      const resource = this.#resourceHandle;
      this.#resource.read(trace.resourceBytes(resource), trace.resourceStart(resource), trace.resourceEnd(resource));
    }
    return this.#resource;
  }

  get resourceAttributes(): AttributeFinder {
    return this.place.resourceAttributes;
  }

  /** Accounts for work in bytes; throws ConditionError when it becomes more than linear in the trace's size. */
  spend(work: number): void {
    this.#work -= work;
    if (this.#work < 0) throw tooMuchWork;
  }

  #change(from: Level): void {
    for (let level = from; level <= EVENT; level++) this.epochs[level] = ++this.#epoch;
  }
}
