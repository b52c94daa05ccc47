/** A mistake in the text of a condition. */
export class SyntaxMistake extends Error {
  override readonly name = 'SyntaxMistake';
  /** Where in the text, in UTF-16 units. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * A condition that cannot be evaluated for a span: a function got a value of a kind it does not take, an index is out of
 * bounds, a division by zero. What then happens says the policy's `error_mode`.
 *
 * Data decides how often this is thrown, so those who throw it make it once, when the condition is compiled.
 */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
}
