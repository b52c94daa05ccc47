import { AttributeFinder } from '../../../pdata/otlp/attribute-finder.ts';
import { SpanReader } from '../../../pdata/otlp/span-reader.ts';
import { NO_SPAN, type Trace } from './trace.ts';

/** Says whether an attribute's value is what a policy looks for. */
export interface ValueMatcher {
  /** `kind` is a tag `ANY_…` and `bytes[start, end)` the content, as AttributeFinder has them. */
  matches(kind: number, bytes: Uint8Array, start: number, end: number): boolean;
}

/** The place of a walk: a span, read, and where it came from. */
export interface SpanPlace {
  readonly trace: Trace;
  /** Handle of the span in the trace. */
  readonly span: number;
  /** The span's fields; its `attributes` and `resourceAttributes` have the keys that `key` gave numbers to. */
  readonly reader: SpanReader;
  readonly resourceAttributes: AttributeFinder;
  readonly resourceBytes: Uint8Array;
}

/** A question about one span. What it throws fails the policy that asked, for this trace. */
export interface SpanPredicate {
  test(place: SpanPlace): boolean;
}

/**
 * All questions of all policies of the form "is there a span, or a resource, that …", answered in one walk over a trace,
 * which begins when the first of them is asked. It ends as soon as each question has its yes.
 *
 * Policies register their questions while they are built; `seal` comes before the first trace.
 */
export class TraceWalk implements SpanPlace {
  readonly #keys: string[] = [];
  /** By key, the matchers that ask for it. */
  readonly #matchersByKey: { readonly question: number; readonly matcher: ValueMatcher }[][] = [];
  readonly #predicates: { readonly question: number; readonly predicate: SpanPredicate }[] = [];
  #questionCount = 0;
  /** By question: 1 for yes. */
  #yes = new Uint8Array(0);
  /** By question, why it could not be answered. */
  readonly #failures = new Map<number, unknown>();
  /** Questions without an answer in the walk under way. */
  #open = 0;
  #walked = -1;

  trace!: Trace;
  span = NO_SPAN;
  reader = new SpanReader([]);
  resourceAttributes = new AttributeFinder([]);
  resourceBytes: Uint8Array = new Uint8Array(0);

  /** The number of an attribute key, under which finders have it. */
  key(key: string): number {
    const known = this.#keys.indexOf(key);
    if (known >= 0) return known;
    this.#matchersByKey.push([]);
    return this.#keys.push(key) - 1;
  }

  /** Asks for a resource or span whose attribute `key` matches; returns the question's number. */
  askAttribute(key: string, matcher: ValueMatcher): number {
    const question = this.#questionCount++;
    this.#matchersByKey[this.key(key)]!.push({ question, matcher });
    return question;
  }

  /** Asks for a span; returns the question's number. */
  askSpan(predicate: SpanPredicate): number {
    const question = this.#questionCount++;
    this.#predicates.push({ question, predicate });
    return question;
  }

  seal(): void {
    this.reader = new SpanReader(this.#keys);
    this.resourceAttributes = new AttributeFinder(this.#keys);
    this.#yes = new Uint8Array(this.#questionCount);
  }

  /** The answer to a question for this trace. Throws what its predicate threw, or WireError where bytes are malformed. */
  answer(question: number, trace: Trace): boolean {
    if (this.#walked !== trace.serial) {
      this.#walked = -1;
      this.#walk(trace);
      this.#walked = trace.serial;
    }
    if (this.#failures.size > 0 && this.#failures.has(question)) throw this.#failures.get(question);
    return this.#yes[question] === 1;
  }

  #walk(trace: Trace): void {
    this.#yes.fill(0);
    this.#failures.clear();
    this.#open = this.#questionCount;
    this.trace = trace;
    let resource = NO_SPAN;
    for (let span = trace.firstSpan(); span !== NO_SPAN && this.#open > 0; span = trace.nextSpan(span)) {
      if (trace.resource(span) !== resource) {
        resource = trace.resource(span);
        this.resourceBytes = trace.resourceBytes(resource);
        this.resourceAttributes.findInResource(this.resourceBytes, trace.resourceStart(resource), trace.resourceEnd(resource));
        this.#match(this.resourceAttributes, this.resourceBytes);
      }
      this.span = span;
      const bytes = trace.spanBytes(span);
      this.reader.read(bytes, trace.spanStart(span), trace.spanEnd(span));
      this.#match(this.reader.attributes, bytes);
      if (this.#predicates.length > 0) this.#test();
    }
  }

  #match(attributes: AttributeFinder, bytes: Uint8Array): void {
    for (let i = 0; i < attributes.foundCount; i++) {
      const key = attributes.found[i]!;
      for (const { question, matcher } of this.#matchersByKey[key]!) {
        if (this.#yes[question] === 1) continue;
        if (matcher.matches(attributes.kind[key]!, bytes, attributes.valueStart[key]!, attributes.valueEnd[key]!)) this.#answerYes(question);
      }
    }
  }

  #test(): void {
    for (const { question, predicate } of this.#predicates) {
      if (this.#yes[question] === 1 || this.#failures.has(question)) continue;
      try {
        if (predicate.test(this)) this.#answerYes(question);
      } catch (error) {
        this.#failures.set(question, error);
        this.#open--;
      }
    }
  }

  #answerYes(question: number): void {
    this.#yes[question] = 1;
    this.#open--;
  }
}
