/** A Markdown table whose columns line up, so that it reads well on a terminal too. */
export function alignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, i) => pad(cell, widths[i]!, i)).join(' | ')} |\n`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|\n`;
  return line(head) + rule + rows.map(line).join('');
}

/** The first column is words, the others are numbers. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** Three significant digits, groups of three with a comma: 0.123, 4.56, 1,230. */
export function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const rounded = Number(value.toPrecision(3));
  const digits = rounded === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
