import { expect, test } from 'vitest';
import { textTable } from '../../src/internal/text-table.ts';

test('columns are aligned, the first to the left', () => {
  expect(textTable([['', 'spans', 'share'], ['errors', '7', ''], ['in all', '1,200', '5 %']])).toEqual([
    '          spans  share',
    '  errors      7',
    '  in all  1,200    5 %',
  ]);
  expect(textTable([])).toEqual([]);
});
