import type { ConfigPath, Position } from './node.ts';
import { formatPath, formatPosition } from './node.ts';

/** One mistake in a configuration. */
export interface ConfigProblem {
  readonly at: Position;
  readonly path: ConfigPath;
  /** What is wrong and what to write instead, without full stop. */
  readonly message: string;
}

/** `file:line:column path: message`. */
export function formatProblem(problem: ConfigProblem): string {
  const path = formatPath(problem.path);
  return `${formatPosition(problem.at)}${path === '' ? '' : ` ${path}`}: ${problem.message}`;
}

/** Every mistake found in a configuration, in the order of the files; the message has one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
