/**
 * A condition as it is written, with the place of each part as an offset into its text. The grammar:
 *
 * ```
 *  condition  = conjunction { "or" conjunction }
 *  conjunction = term { "and" term }
 *  term       = [ "not" ] ( comparison | "true" | "false" | call | "(" condition ")" )
 *  comparison = value ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) value
 *  value      = nil | text | bytes | boolean | ENUM | list | map | sum
 *  sum        = product { ( "+" | "-" ) product }
 *  product    = factor { ( "*" | "/" ) factor }
 *  factor     = [ "+" | "-" ] ( number | call | path | "(" sum ")" )
 *  call       = Name "(" [ [ name "=" ] value { "," … } ] ")" keys
 *  path       = name keys { "." name keys }
 *  keys       = { "[" ( text | number | sum ) "]" }
 * ```
 *
 * https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/main/pkg/ottl/LANGUAGE.md
 */
import type { Value } from './value.ts';

export type ConditionSyntax = LogicSyntax | NotSyntax | ConstantSyntax | ComparisonSyntax | CallSyntax;

export interface LogicSyntax {
  readonly kind: 'and' | 'or';
  readonly terms: readonly ConditionSyntax[];
}

export interface NotSyntax {
  readonly kind: 'not';
  readonly term: ConditionSyntax;
}

export interface ConstantSyntax {
  readonly kind: 'constant';
  readonly value: boolean;
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export interface ComparisonSyntax {
  readonly kind: 'comparison';
  readonly operator: ComparisonOperator;
  readonly left: ValueSyntax;
  readonly right: ValueSyntax;
}

export type ValueSyntax =
  | LiteralSyntax
  | EnumSyntax
  | ListSyntax
  | MapSyntax
  | PathSyntax
  | CallSyntax
  | NegationSyntax
  | ArithmeticSyntax;

export interface LiteralSyntax {
  readonly kind: 'literal';
  readonly at: number;
  readonly value: Value;
}

export interface EnumSyntax {
  readonly kind: 'enum';
  readonly at: number;
  readonly name: string;
}

export interface ListSyntax {
  readonly kind: 'list';
  readonly at: number;
  readonly items: readonly ValueSyntax[];
}

export interface MapSyntax {
  readonly kind: 'map';
  readonly at: number;
  /** Keys as byte texts. */
  readonly entries: readonly { readonly key: string; readonly value: ValueSyntax }[];
}

export interface PathSyntax {
  readonly kind: 'path';
  readonly at: number;
  readonly segments: readonly PathSegment[];
}

export interface PathSegment {
  readonly at: number;
  readonly name: string;
  readonly keys: readonly ValueSyntax[];
}

export interface CallSyntax {
  readonly kind: 'call';
  readonly at: number;
  readonly name: string;
  readonly arguments: readonly ArgumentSyntax[];
  readonly keys: readonly ValueSyntax[];
}

export interface ArgumentSyntax {
  readonly at: number;
  /** Of a named argument. */
  readonly name: string | undefined;
  readonly value: ValueSyntax;
}

export interface NegationSyntax {
  readonly kind: 'negation';
  readonly at: number;
  readonly operand: ValueSyntax;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/';

export interface ArithmeticSyntax {
  readonly kind: 'arithmetic';
  readonly at: number;
  readonly operator: ArithmeticOperator;
  readonly left: ValueSyntax;
  readonly right: ValueSyntax;
}
