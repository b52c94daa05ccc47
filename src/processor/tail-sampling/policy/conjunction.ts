import { BatchPart, isKeptBy } from './batch-part.ts';
import { KEEP_ALL, keepsAll, NOT_SAMPLED, SAMPLED, type Decision, type Policy, type Threshold } from './policy.ts';
import { higherThreshold } from './threshold.ts';
import type { Trace, TraceBatch } from './trace.ts';

/**
 * All of several policies: asked in order, up to the first that does not keep the trace. A budget inside is divided only
 * over the traces that have passed what stands before it.
 */
export function conjunction(policies: readonly Policy[]): Policy {
  const evaluate = (trace: Trace): Decision => all(policies, trace);
  const lastBudget = policies.findLastIndex((policy) => policy.prepare !== undefined);
  return lastBudget < 0 ? { evaluate } : { evaluate, prepare: (batch) => prepareInOrder(policies.slice(0, lastBudget + 1), batch) };
}

function all(policies: readonly Policy[], trace: Trace): Decision {
  let threshold: Threshold = KEEP_ALL;
  for (const policy of policies) {
    const decision = policy.evaluate(trace);
    if (decision.verdict !== 'sampled') return NOT_SAMPLED;
    threshold = higherThreshold(threshold, decision.threshold);
  }
  return keepsAll(threshold) ? SAMPLED : { verdict: 'sampled', threshold };
}

function prepareInOrder(policies: readonly Policy[], batch: TraceBatch): void {
  let rest = batch;
  policies.forEach((policy, index) => {
    policy.prepare?.(rest);
    if (index < policies.length - 1) rest = BatchPart.of(rest, (trace) => isKeptBy(policy, trace));
  });
}
