/** One line a step on standard error, so that standard output holds the tables alone. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
