/** Text for people: colour and a moving progress line on a terminal, plain lines elsewhere (pipes, CI). */
const isTerminal = process.stdout.isTTY;

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Style = keyof typeof CODES;

export function paint(style: Style, text: string): string {
  return isTerminal ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A bar that fills while `done` of `total` grows; elsewhere than on a terminal one line when it is full. */
export function progress(what: string, done: number, total: number): void {
  const label = `  ${what.padEnd(34)}`;
  const numbers = `${count(done).padStart(7)} of ${count(total)}`;
  if (!isTerminal) {
    if (done === total) say(`${label}${numbers}`);
    return;
  }
  const width = 24;
  const full = Math.round((done / total) * width);
  const bar = paint('cyan', '━'.repeat(full)) + paint('dim', '━'.repeat(width - full));
  process.stdout.write(`\r${label}${bar} ${numbers}${done === total ? '\n' : ''}`);
}

/** A whole number with thin groups of three: 23 328. */
export function count(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}
