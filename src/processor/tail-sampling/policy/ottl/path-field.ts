import type { EvaluationContext } from './evaluation-context.ts';
import type { Level, TextTest } from './expression.ts';
import type { Value } from './value.ts';

export type Fields = Readonly<Record<string, PathField>>;

/** What a name in a path leads to. */
export interface PathField {
  readonly level: Level;
  /** Absent where the path has to go on. */
  readonly get?: (context: EvaluationContext) => Value;
  readonly isText?: TextTest;
  /** Of what is indexed by keys: one of its values, asked for so early that only that has to be looked for. */
  readonly entry?: (key: string) => PathEntry;
  /** Whether a key may be computed, and others may follow it. */
  readonly isDeep?: boolean;
  readonly fields?: Fields;
}

/** A value under a key. */
export interface PathEntry {
  readonly has: (context: EvaluationContext) => boolean;
  readonly get: (context: EvaluationContext) => Value;
  readonly isText?: TextTest;
}
