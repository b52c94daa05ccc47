import { Compiler } from './compiler.ts';
import { EvaluationContext } from './evaluation-context.ts';
import { EVENT, type Predicate, SPAN, testedOnceFor } from './expression.ts';
import { ConditionError, SyntaxMistake } from './ottl-error.ts';
import { parseCondition } from './parser.ts';
import { type ConditionContext, type KeyRegistry, Paths } from './paths.ts';
import type { SpanPlace, SpanPredicate } from '../trace-walk.ts';

/** What is wrong with a condition; nothing when it can be evaluated. */
export function mistakesIn(source: string, context: ConditionContext): readonly SyntaxMistake[] {
  const compiler = new Compiler(context, new Paths({ key: () => 0 }));
  compile(source, compiler);
  return compiler.mistakes;
}

/** Conditions as they are written. */
export interface ConditionSources {
  readonly span: readonly string[];
  readonly spanevent: readonly string[];
}

/**
 * Asks of a span whether any condition is true for it, or for any of its events. Conditions are asked in order, those on
 * the span first.
 *
 * @param onError what to do where one cannot be evaluated: return to take it for false, throw to end
 * @throws SyntaxMistake where a condition is wrong, which `mistakesIn` tells beforehand
 */
export function anyCondition(sources: ConditionSources, walk: KeyRegistry, onError: (error: ConditionError) => void): SpanPredicate {
  const paths = new Paths(walk);
  const ofSpan = compiled(sources.span, 'span', paths).map((condition) => testedOnceFor(SPAN, condition));
  const ofEvent = compiled(sources.spanevent, 'spanevent', paths).map((condition) => testedOnceFor(EVENT, condition));
  return new AnyCondition(ofSpan, ofEvent, new EvaluationContext(paths.keys), onError);
}

class AnyCondition implements SpanPredicate {
  readonly #ofSpan: readonly Predicate[];
  readonly #ofEvent: readonly Predicate[];
  readonly #context: EvaluationContext;
  readonly #onError: (error: ConditionError) => void;

  constructor(ofSpan: readonly Predicate[], ofEvent: readonly Predicate[], context: EvaluationContext, onError: (error: ConditionError) => void) {
    this.#ofSpan = ofSpan;
    this.#ofEvent = ofEvent;
    this.#context = context;
    this.#onError = onError;
  }

  test(place: SpanPlace): boolean {
    this.#context.enterSpan(place);
    if (this.#isAny(this.#ofSpan)) return true;
    if (this.#ofEvent.length === 0) return false;
    for (let index = 0; index < place.reader.eventCount; index++) {
      this.#context.enterEvent(index);
      if (this.#isAny(this.#ofEvent)) return true;
    }
    return false;
  }

  #isAny(conditions: readonly Predicate[]): boolean {
    for (const condition of conditions) {
      try {
        if (condition.test(this.#context)) return true;
      } catch (error) {
        // Malformed bytes are no matter of a condition.
        if (!(error instanceof ConditionError)) throw error;
        this.#onError(error);
      }
    }
    return false;
  }
}

function compiled(sources: readonly string[], context: ConditionContext, paths: Paths): readonly Predicate[] {
  const compiler = new Compiler(context, paths);
  const conditions = sources.map((source) => compile(source, compiler));
  const [mistake] = compiler.mistakes;
  if (mistake !== undefined) throw mistake;
  return conditions.filter((condition) => condition !== undefined);
}

function compile(source: string, compiler: Compiler): Predicate | undefined {
  try {
    return compiler.condition(parseCondition(source));
  } catch (error) {
    if (!(error instanceof SyntaxMistake)) throw error;
    compiler.mistakes.push(error);
    return undefined;
  }
}
