import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import { messageOf } from '../../../../internal/message-of.ts';
import { text } from './coercion.ts';
import type { Parameter } from './converter.ts';
import { ConditionError } from './ottl-error.ts';
import { unicodeText, type Value } from './value.ts';

/** Verdicts remembered for a pattern, and the longest text whose verdict is: together they bound the memory. */
const MAX_VERDICTS = 256;
const MAX_REMEMBERED_LENGTH = 512;

/** Patterns remembered where they are computed, and so may differ from span to span. */
const MAX_PATTERNS = 16;
/** The work of compiling one of them. */
const COMPILE_WORK = 2000;

/** A regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax) that may match anywhere in a text. */
export class Pattern {
  readonly #expression: RE2JS;
  readonly #verdicts = new LRUCache<string, boolean>({ max: MAX_VERDICTS });
  readonly #isComputed: boolean;

  /** Throws where the pattern, a byte text, has no meaning. */
  constructor(pattern: string, isComputed: boolean) {
    this.#expression = RE2JS.compile(unicodeText(pattern));
    this.#isComputed = isComputed;
  }

  /** The work of testing a text: of a pattern that is data itself, its size times that of the text. */
  work(value: string): number {
    return this.#isComputed ? COMPILE_WORK + value.length * this.#expression.programSize() : value.length;
  }

  matches(value: string): boolean {
    if (value.length > MAX_REMEMBERED_LENGTH) return this.#expression.test(unicodeText(value));
    const known = this.#verdicts.get(value);
    if (known !== undefined) return known;
    const verdict = this.#expression.test(unicodeText(value));
    // A copy: what was cut out of a longer text would keep that alive.
    this.#verdicts.set(Buffer.from(value, 'latin1').toString('latin1'), verdict);
    return verdict;
  }
}

/** A parameter that takes a pattern: what is written as it is, is compiled at once. */
export function patternParameter(name: string): Parameter<Pattern> {
  return {
    name,
    bind({ expression }) {
      if (expression.literal !== undefined) {
        const pattern = literalPattern(expression.literal.value);
        return () => pattern;
      }
      const patterns = new LRUCache<string, Pattern>({ max: MAX_PATTERNS });
      return (context) => {
        const source = text.take(expression.get(context));
        const known = patterns.get(source);
        if (known !== undefined) return known;
        context.spend(source.length);
        const pattern = computedPattern(source);
        patterns.set(source, pattern);
        return pattern;
      };
    },
  };
}

function literalPattern(source: Value): Pattern {
  if (typeof source !== 'string') throw new Error(`must be ${text.wants}`);
  try {
    return new Pattern(source, false);
  } catch (error) {
    throw new Error(`must be a regular expression in RE2 syntax: ${messageOf(error)}`, { cause: error });
  }
}

function computedPattern(source: string): Pattern {
  try {
    return new Pattern(source, true);
  } catch (error) {
    throw new ConditionError(`IsMatch computed no regular expression in RE2 syntax: ${messageOf(error)}`, { cause: error });
  }
}
