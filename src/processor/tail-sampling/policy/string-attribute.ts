import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import { z } from 'zod';
import { crossField, rightElements } from '../../../config/cross-field.ts';
import { messageOf } from '../../../internal/message-of.ts';
import { ANY_STRING } from '../../../pdata/otlp/fields.ts';
import { textOf } from '../../../pdata/otlp/text.ts';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';
import type { ValueMatcher } from './trace-walk.ts';

const DEFAULT_CACHE_SIZE = 128;

/** Longer values are tested every time: the cache's memory is bounded by number times this. */
const MAX_CACHED_BYTES = 1024;

const schema = z
  .strictObject({
    key: z.string().default('').describe('Attribute of the resource or of a span.'),
    values: z.array(z.string()).default([]).describe('Values, or regular expressions, one of which has to match.'),
    enabled_regex_matching: z
      .boolean()
      .default(false)
      .describe('Whether values are regular expressions (RE2 syntax), which may match anywhere in the attribute.'),
    cache_max_size: z
      .number()
      .int()
      .min(0)
      .default(0)
      .describe('Distinct attribute values whose verdict by regular expressions is remembered; 0: 128.'),
    invert_match: z.boolean().default(false).describe('Whether to keep the traces that do not match instead.'),
  })
  .check(
    crossField(['enabled_regex_matching'], (config, context) => {
      if (!config.enabled_regex_matching) return;
      for (const [index, value] of rightElements(context, 'values')) {
        try {
          RE2JS.compile(value);
        } catch (error) {
          const reason = messageOf(error);
          context.addIssue({ code: 'custom', path: ['values', index], message: `"${value}" is no regular expression in RE2 syntax: ${reason}` });
        }
      }
    }),
  );

export const stringAttribute: PolicyType<z.output<typeof schema>> = {
  type: 'string_attribute',
  summary: 'Keeps traces in which the resource or a span has a string attribute with one of the values.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  build(config, { walk }) {
    // An empty text matches nothing in the Collector, neither by value nor by expression.
    const matcher = config.enabled_regex_matching
      ? new RegexMatcher(config.values, config.cache_max_size || DEFAULT_CACHE_SIZE)
      : new TextMatcher(config.values.filter((value) => value !== ''));
    const question = walk.askAttribute(config.key, matcher);
    const [onMatch, otherwise] = config.invert_match ? [NOT_SAMPLED, SAMPLED] : [SAMPLED, NOT_SAMPLED];
    return { evaluate: (trace) => (walk.answer(question, trace) ? onMatch : otherwise) };
  },
};

/** Compares bytes, so that most values are told apart by their length. */
class TextMatcher implements ValueMatcher {
  readonly #texts: ReadonlyMap<number, readonly Uint8Array[]>;

  constructor(values: readonly string[]) {
    const texts = new Map<number, Uint8Array[]>();
    for (const value of new Set(values)) {
      const bytes = Buffer.from(value, 'utf8');
      const sameLength = texts.get(bytes.length);
      if (sameLength === undefined) texts.set(bytes.length, [bytes]);
      else sameLength.push(bytes);
    }
    this.#texts = texts;
  }

  matches(kind: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (kind !== ANY_STRING) return false;
    const candidates = this.#texts.get(end - start);
    if (candidates === undefined) return false;
    for (const text of candidates) if (equals(bytes, start, text)) return true;
    return false;
  }
}

class RegexMatcher implements ValueMatcher {
  readonly #expressions: readonly RE2JS[];
  readonly #verdicts: LRUCache<string, boolean>;

  constructor(values: readonly string[], cacheSize: number) {
    this.#expressions = values.map((value) => RE2JS.compile(value));
    this.#verdicts = new LRUCache({ max: cacheSize });
  }

  matches(kind: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (kind !== ANY_STRING || start === end) return false;
    const value = textOf(bytes, start, end);
    if (end - start > MAX_CACHED_BYTES) return this.#test(value);
    const known = this.#verdicts.get(value);
    if (known !== undefined) return known;
    const verdict = this.#test(value);
    this.#verdicts.set(value, verdict);
    return verdict;
  }

  #test(value: string): boolean {
    return this.#expressions.some((expression) => expression.matcher(value).find());
  }
}

function equals(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}
