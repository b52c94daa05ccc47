import { describe, expect, test } from 'vitest';
import type { ConditionContext } from '../../../../../src/processor/tail-sampling/policy/ottl/paths.ts';
import { mistakes } from './condition-rig.ts';

/** The mark stands before the place where the mistake is, and is no part of the condition. */
function expectMistake(marked: string, message: string, context: ConditionContext = 'span'): void {
  const column = marked.indexOf('¶') + 1;
  expect(mistakes(marked.replace('¶', ''), context)).toEqual([expect.stringContaining(`${column}: ${message}`)]);
}

describe('what is no condition is refused at its place', () => {
  test.each([
    ['¶', 'expected a value, but found the end'],
    ['name == ¶', 'expected a value, but found the end'],
    ['¶name', 'a path alone is no condition: compare it with something'],
    ['(¶attributes["b"])', 'a path alone is no condition'],
    ['¶name and kind == 2', 'a path alone is no condition'],
    ['5¶', 'expected == != < <= > >=, but found the end'],
    ['name ¶= "a"', 'one = compares nothing: write =='],
    ['name == "a"¶ AND kind == 2'.replace('¶ ', ' ¶'), 'expected "and", "or" or the end, but found "AND"'],
    ['name == "a" ¶"b"', 'expected "and", "or" or the end, but found a text'],
    ['not ¶not name == "a"', 'expected a value, but found "not"'],
    ['¶(name == "a"', '"(" is never closed'],
    ['name == "a"¶)', '")" closes nothing'],
    ['name == ¶"a', 'this text is never closed'],
    ["name == ¶'a'", 'a text stands in double quotes'],
    ['name == "a¶\\d"', '\\d is no escape in a text: write \\\\ for a backslash'],
    ['name == "¶\\ud800"', '\\ud800 is no escape'],
    ['name == ¶0x0', '0x0 has half a byte'],
    ['¶9223372036854775808 > 0', '9223372036854775808 is too large an integer'],
    ['1 < ¶1.0e999', '1.0e999 is too large a number'],
    ['-¶-5 == 5', 'expected a value, but found "-"'],
    ['"a" ¶+ "b" == "ab"', 'expected == != < <= > >=, but found "+"'],
    ['SPAN_KIND_SERVER ¶+ 1 == 3', 'expected == != < <= > >=, but found "+"'],
    ['name == ¶é', '"é" has no meaning here'],
    ['attributes["a" ¶== 1', 'expected "]", but found "=="'],
    ['attributes[¶] == 1', 'expected a value, but found "]"'],
    ['[1 ¶2] == [1]', 'expected "," or "]", but found "2"'],
    ['{"a": 1 ¶"b": 2} == {}', 'expected "," or "}", but found a text'],
    ['{¶a: 1} == {}', 'expected a key in double quotes, but found "a"'],
    ['IsRootSpan¶', 'expected the arguments of IsRootSpan in parentheses, but found the end'],
    ['¶isMatch(name, "a")', 'names of functions begin with an upper-case letter, "isMatch" does not'],
    ['Len((¶x) => x) == 1'.replace('(¶x)', '(x)').replace('=>', '¶=>'), 'expected "," or ")", but found "=>"'],
  ])('%s: %s', (condition, message) => expectMistake(condition, message));

  test('for its length or depth', () => {
    expect(mistakes(`name == "${'a'.repeat(16_384)}"`)).toEqual(['1: a condition may have 16384 characters, this one has 16394']);
    for (const [open, close] of [['(', ')'], ['[', ']'], ['Int(', ')'], ['{"a": ', '}'], ['attributes[', ']']]) {
      const nested = (depth: number) => `${open!.repeat(depth)}1${close!.repeat(depth)} == 1`;
      expect(mistakes(nested(64))).not.toEqual([expect.stringContaining('nested deeper')]);
      expect(mistakes(nested(65))).toEqual([expect.stringContaining('nested deeper than 64 levels')]);
    }
    expect(mistakes(`${'not ('.repeat(65)}true${')'.repeat(65)}`)).toEqual([expect.stringContaining('nested deeper than 64 levels')]);
  });
});

describe('what there is not is refused by name', () => {
  test.each([
    ['¶zzz == 1', 'span has no field "zzz"; known are attributes, cache, dropped_attributes_count'],
    ['¶nmae == "a"', 'span has no field "nmae" (did you mean "name"?); known are'],
    ['span.¶kidn == 1', 'span has no field "kidn" (did you mean "kind"?)'],
    ['status.¶kode == 1', 'span.status has no field "kode" (did you mean "code"?); known are code, message'],
    ['name.¶string == "a"', 'span.name has no fields, so no "string"'],
    ['resource.¶attribute["a"] == 1', 'resource has no field "attribute" (did you mean "attributes"?)'],
    ['scope.¶nam == 1', 'scope has no field "nam" (did you mean "name"?)'],
    ['¶resource == 1', '"resource" needs a field behind it'],
    ['¶spanevent.name == "a"', 'span has no field "spanevent"'],
    ['trace.¶spans == 1', 'trace has no field "spans"'],
    ['trace.¶root == nil', 'trace.root is no value itself; it has trace_id, span_id'],
    ['¶name["a"] == 1', 'span.name has no values under keys'],
    ['¶status["a"].code == 1', 'span.status has no values under keys'],
    ['¶trace_state[0] == ""', 'span.trace_state takes one key, a text'],
    ['¶trace_state["a"]["b"] == ""', 'span.trace_state takes one key, a text'],
    ['kind == ¶SPAN_KIND_SERVR', 'unknown name "SPAN_KIND_SERVR" (did you mean "SPAN_KIND_SERVER"?)'],
    ['¶IsMatches(name, "a")', 'unknown function "IsMatches" (did you mean "IsMatch"?); known are Bool, Concat, ContainsValue'],
    ['¶Now() > start_time', 'unknown function "Now"'],
    ['resource.¶constructor == 1', 'resource has no field "constructor"'],
  ])('%s: %s', (condition, message) => expectMistake(condition, message));

  test.each([
    ['¶kind == 1', 'spanevent has no field "kind"'],
    ['¶IsRootSpan()', 'IsRootSpan is for conditions on a span only'],
    ['span.¶cache == {}', 'span has no field "cache"'],
  ])('on span events: %s: %s', (condition, message) => expectMistake(condition, message, 'spanevent'));
});

describe('arguments that a function does not take are refused', () => {
  test.each([
    ['¶IsMatch(name)', 'IsMatch needs pattern; it takes (target, pattern)'],
    ['IsMatch(name, "a", ¶"b")', 'IsMatch has no such argument; it takes (target, pattern)'],
    ['IsMatch(name, ¶foo="a")', 'IsMatch has no such argument'],
    ['IsMatch(target=name, ¶"a")', 'an argument without a name cannot follow one with a name'],
    ['IsMatch(target=name, ¶target=name)', 'target is given twice'],
    ['IsRootSpan(¶1)', 'IsRootSpan has no such argument; it takes none'],
    ['IsMatch(name, ¶5)', 'pattern of IsMatch must be a text'],
    ['IsMatch(name, ¶nil)', 'pattern of IsMatch must be a text'],
    ['IsMatch(name, ¶"[")', 'pattern of IsMatch must be a regular expression in RE2 syntax: error parsing regexp: missing closing ]'],
    ['Substring(name, ¶"0", 1) == ""', 'start of Substring must be an integer'],
    ['Substring(name, 0, 1, ¶attributes["b"]) == ""', 'utf8_safe of Substring must be true or false, written as it is'],
    ['Concat(¶attributes["l"], "-") == ""', 'vals of Concat must be a list in brackets'],
    ['ConvertCase(name, ¶"title") == ""', 'to_case of ConvertCase must be one of "lower", "upper", "snake", "camel"'],
    ['SpanID(¶"zz") == span_id', 'target of SpanID must be an id: 8 bytes, or 16 hex digits as a text'],
    ['Double(¶"abc") == 1', 'target of Double must be what can be a floating-point number'],
    ['ContainsValue(¶1, 1)', 'target of ContainsValue must be a list'],
    ['¶{"a": [[{"b": 1}]]} == {}', 'a list or map that is written or computed holds something that is no plain value'],
  ])('%s: %s', (condition, message) => expectMistake(condition, message));
});

test('every mistake in a condition is found', () => {
  expect(mistakes('nmae == Foo(1) or kind == SPAN and attributes[bar] == Len(1, 2)')).toEqual([
    expect.stringMatching(/^1: span has no field "nmae"/),
    expect.stringMatching(/^9: unknown function "Foo"/),
    expect.stringMatching(/^27: unknown name "SPAN"/),
    expect.stringMatching(/^47: span has no field "bar"/),
    expect.stringMatching(/^62: Len has no such argument/),
  ]);
});
