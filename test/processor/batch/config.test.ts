import { describe, expect, test } from 'vitest';
import { batchConfig } from '../../../src/processor/batch/config.ts';

describe('batch configuration', () => {
  test('an empty block has the defaults of the Collector', () => {
    expect(batchConfig.parse({})).toMatchObject({ timeout: 200, send_batch_size: 8192, send_batch_max_size: 0 });
  });

  test.each([
    [{ send_batch_size: 100, send_batch_max_size: 99 }, 'send_batch_max_size', /below send_batch_size \(100\)/],
    [{ timeout: '-1s' }, 'timeout', /must not be negative/],
    [{ send_batch_size: -1 }, 'send_batch_size', />=0/],
    [{ metadata_keys: ['tenant'] }, '', /metadata_keys/],
  ])('%j is refused at "%s"', (config, path, message) => {
    const issue = batchConfig.safeParse(config).error?.issues[0];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toMatch(message);
  });
});
