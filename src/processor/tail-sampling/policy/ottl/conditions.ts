import { Compiler } from './compiler.ts';
import { EvaluationContext } from './evaluation-context.ts';
import { EVENT, type Level, type Predicate, SPAN, testedOnceFor } from './expression.ts';
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

/** Whether a condition asks for more than a span and what that is in, so that a part of a trace cannot answer. */
export function asksWholeTrace(source: string, context: ConditionContext): boolean {
  const compiler = new Compiler(context, new Paths({ key: () => 0 }));
  compile(source, compiler);
  return compiler.asksWholeTrace;
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
 * @param onError is told where one cannot be evaluated: returns to take it for false, throws to end
 * @throws SyntaxMistake where a condition is wrong, which `mistakesIn` tells beforehand
 */
export function anyCondition(sources: ConditionSources, walk: KeyRegistry, onError: OnError): SpanPredicate {
  const paths = new Paths(walk);
  const ofSpan = compiled(sources.span, 'span', paths, SPAN);
  const ofEvent = compiled(sources.spanevent, 'spanevent', paths, EVENT);
  return new AnyCondition(ofSpan, ofEvent, new EvaluationContext(paths.keys), onError);
}

/** Is told what a condition, as it is written, failed with. */
type OnError = (error: ConditionError, source: string) => void;

interface CompiledCondition {
  readonly source: string;
  readonly test: Predicate['test'];
}

class AnyCondition implements SpanPredicate {
  readonly #ofSpan: readonly CompiledCondition[];
  readonly #ofEvent: readonly CompiledCondition[];
  readonly #context: EvaluationContext;
  readonly #onError: OnError;

  constructor(ofSpan: readonly CompiledCondition[], ofEvent: readonly CompiledCondition[], context: EvaluationContext, onError: OnError) {
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

  #isAny(conditions: readonly CompiledCondition[]): boolean {
    for (const condition of conditions) {
      try {
        if (condition.test(this.#context)) return true;
      } catch (error) {
        // Malformed bytes are no matter of a condition.
        if (!(error instanceof ConditionError)) throw error;
        this.#onError(error, condition.source);
      }
    }
    return false;
  }
}

function compiled(sources: readonly string[], context: ConditionContext, paths: Paths, level: Level): readonly CompiledCondition[] {
  const compiler = new Compiler(context, paths);
  const conditions = sources.flatMap((source) => {
    const condition = compile(source, compiler);
    return condition === undefined ? [] : [{ source, test: testedOnceFor(level, condition).test }];
  });
  const [mistake] = compiler.mistakes;
  if (mistake !== undefined) throw mistake;
  return conditions;
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
