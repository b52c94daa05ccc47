import { AttributeFinder } from '../../../pdata/otlp/attribute-finder.ts';
import { NO_SPAN, type Trace } from './trace.ts';

/** Says whether an attribute's value is what a policy looks for. */
export interface ValueMatcher {
  /** `kind` is a tag `ANY_…` and `bytes[start, end)` the content, as AttributeFinder has them. */
  matches(kind: number, bytes: Uint8Array, start: number, end: number): boolean;
}

/**
 * All questions "does the resource or a span have attribute K with a value that …" of all policies, answered in one walk
 * over a trace, and only when the first of them is asked.
 *
 * Policies register their matchers while they are built (`add`); `seal` comes before the first trace.
 */
export class AttributeMatchers {
  readonly #keys: string[] = [];
  /** By key, the matchers that ask for it. */
  readonly #byKey: { readonly index: number; readonly matcher: ValueMatcher }[][] = [];
  #finder = new AttributeFinder([]);
  #matcherCount = 0;
  #matched = new Uint8Array(0);
  /** Matchers that have not matched yet in the walk under way. */
  #open = 0;
  #walked = -1;

  /** Registers a question and returns its number. */
  add(key: string, matcher: ValueMatcher): number {
    let keyIndex = this.#keys.indexOf(key);
    if (keyIndex < 0) {
      keyIndex = this.#keys.push(key) - 1;
      this.#byKey.push([]);
    }
    const index = this.#matcherCount++;
    this.#byKey[keyIndex]!.push({ index, matcher });
    return index;
  }

  seal(): void {
    this.#finder = new AttributeFinder(this.#keys);
    this.#matched = new Uint8Array(this.#matcherCount);
  }

  /** The answer to question `index` for this trace. */
  matched(index: number, trace: Trace): boolean {
    if (this.#walked !== trace.serial) {
      this.#walk(trace);
      this.#walked = trace.serial;
    }
    return this.#matched[index] === 1;
  }

  #walk(trace: Trace): void {
    this.#matched.fill(0);
    this.#open = this.#matcherCount;
    let resource = NO_SPAN;
    for (let span = trace.firstSpan(); span !== NO_SPAN && this.#open > 0; span = trace.nextSpan(span)) {
      if (trace.resource(span) !== resource) {
        resource = trace.resource(span);
        const bytes = trace.resourceBytes(resource);
        this.#finder.findInResource(bytes, trace.resourceStart(resource), trace.resourceEnd(resource));
        this.#match(bytes);
      }
      const bytes = trace.spanBytes(span);
      this.#finder.findInSpan(bytes, trace.spanStart(span), trace.spanEnd(span));
      this.#match(bytes);
    }
  }

  #match(bytes: Uint8Array): void {
    const finder = this.#finder;
    for (let i = 0; i < finder.foundCount; i++) {
      const key = finder.found[i]!;
      for (const { index, matcher } of this.#byKey[key]!) {
        if (this.#matched[index] === 1) continue;
        if (!matcher.matches(finder.kind[key]!, bytes, finder.valueStart[key]!, finder.valueEnd[key]!)) continue;
        this.#matched[index] = 1;
        this.#open--;
      }
    }
  }
}
