import fc from 'fast-check';

const SEED = 20_261_101;

/** Whoever broke something wants to see the first small example, not wait for the smallest. */
const INTERRUPT_AFTER_MS = 30_000;

/**
 * Holds a property on `numRuns` inputs that are the same each time, so that a change shows what it broke, and on a fifth
 * as many new ones; the message of a failure names their seed.
 */
export function holds<Ts>(property: fc.IRawProperty<Ts, false>, numRuns: number): void {
  fc.assert(property, { seed: SEED, numRuns, interruptAfterTimeLimit: INTERRUPT_AFTER_MS });
  fc.assert(property, { numRuns: Math.ceil(numRuns / 5), interruptAfterTimeLimit: INTERRUPT_AFTER_MS });
}

/** As `holds`, for properties that await. */
export async function holdsAsync<Ts>(property: fc.IRawProperty<Ts, true>, numRuns: number): Promise<void> {
  await fc.assert(property, { seed: SEED, numRuns, interruptAfterTimeLimit: INTERRUPT_AFTER_MS });
  await fc.assert(property, { numRuns: Math.ceil(numRuns / 5), interruptAfterTimeLimit: INTERRUPT_AFTER_MS });
}
