import { type Token, tokensOf } from './lexer.ts';
import { SyntaxMistake } from './ottl-error.ts';
import type {
  ArgumentSyntax,
  ArithmeticOperator,
  CallSyntax,
  ComparisonOperator,
  ConditionSyntax,
  LiteralSyntax,
  PathSegment,
  ValueSyntax,
} from './syntax.ts';
import { Bytes, Double } from './value.ts';

/** More than any condition has; bounds what an evaluation costs. */
const MAX_LENGTH = 16_384;
const MAX_DEPTH = 64;

const MAX_INT64 = 2n ** 63n - 1n;

const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='] satisfies readonly ComparisonOperator[];
const SUMS: readonly string[] = ['+', '-'] satisfies readonly ArithmeticOperator[];
const PRODUCTS: readonly string[] = ['*', '/'] satisfies readonly ArithmeticOperator[];
/** Words that are no names. */
const RESERVED: ReadonlySet<string> = new Set(['and', 'or', 'not', 'nil', 'true', 'false']);
const FUNCTION_NAME = /^[A-Z]/;
const ENUM_NAME = /^[A-Z][A-Z0-9_]*$/;
const PATH_NAME = /^[a-z][a-z0-9_]*$/;

/** Reads a condition. Throws SyntaxMistake at the first thing that cannot stand where it stands. */
export function parseCondition(source: string): ConditionSyntax {
  if (source.length > MAX_LENGTH) throw new SyntaxMistake(`a condition may have ${MAX_LENGTH} characters, this one has ${source.length}`, 0);
  return new Parser(tokensOf(source)).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): ConditionSyntax {
    const condition = this.#or();
    if (this.#token.kind !== 'end') this.#fail('"and", "or" or the end');
    return condition;
  }

  get #token(): Token {
    return this.#tokens[this.#index]!;
  }

  #or(): ConditionSyntax {
    const terms = [this.#and()];
    while (this.#takeWord('or')) terms.push(this.#and());
    return terms.length === 1 ? terms[0]! : { kind: 'or', terms };
  }

  #and(): ConditionSyntax {
    const terms = [this.#not()];
    while (this.#takeWord('and')) terms.push(this.#not());
    return terms.length === 1 ? terms[0]! : { kind: 'and', terms };
  }

  #not(): ConditionSyntax {
    return this.#takeWord('not') ? { kind: 'not', term: this.#term() } : this.#term();
  }

  #term(): ConditionSyntax {
    if (this.#opensCondition()) {
      return this.#nested(() => {
        this.#take('(');
        const condition = this.#or();
        this.#take(')');
        return condition;
      });
    }
    const start = this.#token;
    const left = this.#value();
    const operator = this.#takeOperator(COMPARISONS);
    if (operator !== undefined) return { kind: 'comparison', operator: operator as ComparisonOperator, left, right: this.#value() };
    if (left.kind === 'call') return left;
    if (left.kind === 'literal' && typeof left.value === 'boolean') return { kind: 'constant', value: left.value };
    if (this.#token.text === '=' && this.#token.kind === 'operator') throw new SyntaxMistake('one = compares nothing: write ==', this.#token.at);
    if (left.kind === 'path' && this.#endsTerm()) {
      throw new SyntaxMistake('a path alone is no condition: compare it with something, as in … == true or … != nil', start.at);
    }
    return this.#fail(COMPARISONS.join(' '));
  }

  /** Of a parenthesis here, whether a condition stands in it and not a number: nothing is done with it behind it. */
  #opensCondition(): boolean {
    const { kind, text, closedBy } = this.#token;
    if (kind !== 'operator' || text !== '(' || closedBy === undefined) return false;
    const next = this.#tokens[closedBy + 1]!;
    return next.kind !== 'operator' || ![...COMPARISONS, ...SUMS, ...PRODUCTS, '=', '=>'].includes(next.text);
  }

  #endsTerm(): boolean {
    const { kind, text } = this.#token;
    return kind === 'end' || text === ')' || (kind === 'word' && (text === 'and' || text === 'or'));
  }

  #value(): ValueSyntax {
    const { kind, text, at } = this.#token;
    if (kind === 'text' || kind === 'bytes') return this.#literal();
    if (kind === 'operator' && text === '[') return this.#list();
    if (kind === 'operator' && text === '{') return this.#map();
    if (kind === 'word' && (text === 'nil' || text === 'true' || text === 'false')) return this.#literal();
    if (kind === 'word' && ENUM_NAME.test(text) && !this.#isOperator('(', 1)) {
      this.#index++;
      return { kind: 'enum', at, name: text };
    }
    return this.#sum();
  }

  #sum(): ValueSyntax {
    return this.#operations(SUMS, () => this.#operations(PRODUCTS, () => this.#factor()));
  }

  #operations(operators: readonly string[], operand: () => ValueSyntax): ValueSyntax {
    let left = operand();
    for (let at = this.#token.at; ; at = this.#token.at) {
      const operator = this.#takeOperator(operators);
      if (operator === undefined) return left;
      left = { kind: 'arithmetic', at, operator: operator as ArithmeticOperator, left, right: operand() };
    }
  }

  #factor(): ValueSyntax {
    const { at } = this.#token;
    const sign = this.#takeOperator(SUMS);
    const operand = this.#unsigned();
    if (sign !== '-') return operand;
    // A number and its sign are one literal, however many parentheses are around.
    if (operand.kind === 'literal' && typeof operand.value === 'number') return { ...operand, at, value: 0 - operand.value };
    if (operand.kind === 'literal' && typeof operand.value === 'bigint') return { ...operand, at, value: -operand.value };
    if (operand.kind === 'literal' && operand.value instanceof Double) return { ...operand, at, value: new Double(-operand.value.value) };
    return { kind: 'negation', at, operand };
  }

  #unsigned(): ValueSyntax {
    const { kind, text } = this.#token;
    if (kind === 'float' || kind === 'integer') return this.#literal();
    if (kind === 'operator' && text === '(') {
      return this.#nested(() => {
        this.#take('(');
        const value = this.#sum();
        this.#take(')');
        return value;
      });
    }
    if (kind === 'word' && !RESERVED.has(text)) {
      if (FUNCTION_NAME.test(text)) return this.#call();
      if (this.#isOperator('(', 1)) throw new SyntaxMistake(`names of functions begin with an upper-case letter, "${text}" does not`, this.#token.at);
      if (PATH_NAME.test(text)) return this.#path();
    }
    return this.#fail('a value');
  }

  #literal(): LiteralSyntax {
    const { kind, text, at } = this.#token;
    this.#index++;
    switch (kind) {
      case 'text':
        return { kind: 'literal', at, value: text };
      case 'bytes':
        if (text.length % 2 !== 0) throw new SyntaxMistake(`${text} has half a byte: each byte has two digits`, at);
        return { kind: 'literal', at, value: new Bytes(Buffer.from(text.slice(2), 'hex').toString('latin1')) };
      case 'float':
        if (!Number.isFinite(Number(text))) throw new SyntaxMistake(`${text} is too large a number`, at);
        return { kind: 'literal', at, value: new Double(Number(text)) };
      case 'integer': {
        const value = BigInt(text);
        if (value > MAX_INT64) throw new SyntaxMistake(`${text} is too large an integer: 64 bits reach to ${MAX_INT64}`, at);
        return { kind: 'literal', at, value: Number.isSafeInteger(Number(value)) ? Number(value) : value };
      }
      default:
        return { kind: 'literal', at, value: text === 'nil' ? undefined : text === 'true' };
    }
  }

  #list(): ValueSyntax {
    const { at } = this.#token;
    return this.#nested(() => {
      this.#take('[');
      return { kind: 'list', at, items: this.#separated(']', () => this.#value()) };
    });
  }

  #map(): ValueSyntax {
    const { at } = this.#token;
    return this.#nested(() => {
      this.#take('{');
      const entries = this.#separated('}', () => {
        const { kind, text: key } = this.#token;
        if (kind !== 'text') this.#fail('a key in double quotes');
        this.#index++;
        this.#take(':');
        return { key, value: this.#value() };
      });
      return { kind: 'map', at, entries };
    });
  }

  #call(): CallSyntax {
    const { text: name, at } = this.#token;
    this.#index++;
    if (!this.#isOperator('(')) this.#fail(`the arguments of ${name} in parentheses`);
    return this.#nested(() => {
      this.#take('(');
      return { kind: 'call', at, name, arguments: this.#separated(')', () => this.#argument()), keys: this.#keys() };
    });
  }

  #argument(): ArgumentSyntax {
    const { kind, text, at } = this.#token;
    if (kind !== 'word' || !this.#isOperator('=', 1)) return { at, name: undefined, value: this.#value() };
    this.#index += 2;
    return { at, name: text, value: this.#value() };
  }

  #path(): ValueSyntax {
    const { at } = this.#token;
    const segments: PathSegment[] = [];
    do {
      const { kind, text, at: segmentAt } = this.#token;
      if (kind !== 'word' || !PATH_NAME.test(text)) this.#fail('a field');
      this.#index++;
      segments.push({ at: segmentAt, name: text, keys: this.#keys() });
    } while (this.#takeOperator(['.']) !== undefined);
    return { kind: 'path', at, segments };
  }

  #keys(): readonly ValueSyntax[] {
    const keys: ValueSyntax[] = [];
    while (this.#isOperator('[')) {
      keys.push(
        this.#nested(() => {
          this.#take('[');
          const key = this.#token.kind === 'text' ? this.#literal() : this.#sum();
          this.#take(']');
          return key;
        }),
      );
    }
    return keys;
  }

  /** Items with commas between, up to the operator that closes them, which is taken too. */
  #separated<T>(closing: string, item: () => T): readonly T[] {
    const items: T[] = [];
    while (!this.#isOperator(closing)) {
      items.push(item());
      if (!this.#isOperator(closing) && this.#takeOperator([',']) === undefined) this.#fail(`"," or "${closing}"`);
    }
    this.#take(closing);
    return items;
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxMistake(`nested deeper than ${MAX_DEPTH} levels`, this.#token.at);
    const result = parse();
    this.#depth--;
    return result;
  }

  #isOperator(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#index + ahead];
    return token?.kind === 'operator' && token.text === text;
  }

  #take(operator: string): void {
    if (!this.#isOperator(operator)) this.#fail(`"${operator}"`);
    this.#index++;
  }

  #takeOperator(operators: readonly string[]): string | undefined {
    const { kind, text } = this.#token;
    if (kind !== 'operator' || !operators.includes(text)) return undefined;
    this.#index++;
    return text;
  }

  #takeWord(word: string): boolean {
    if (this.#token.kind !== 'word' || this.#token.text !== word) return false;
    this.#index++;
    return true;
  }

  #fail(expected: string): never {
    const { kind, text, at } = this.#token;
    const found = kind === 'end' ? 'the end' : kind === 'text' ? 'a text' : `"${text}"`;
    throw new SyntaxMistake(`expected ${expected}, but found ${found}`, at);
  }
}
