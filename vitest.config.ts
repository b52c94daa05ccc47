import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Tests listen, fork and measure: more workers than the two cores of a small CI machine make them wait for each other.
    maxWorkers: 2,
    // Memory tests collect before they measure.
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
