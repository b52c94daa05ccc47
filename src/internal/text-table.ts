/**
 * Rows of equal length as lines with aligned columns, the first to the left and the others to the right. Two spaces stand
 * between columns and before each line.
 */
export function textTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)));
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
