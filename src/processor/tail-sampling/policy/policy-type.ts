import type { z } from 'zod';
import type { AdaptiveReport } from './adaptive/adaptive-report.ts';
import type { Policy } from './policy.ts';
import type { TraceWalk } from './trace-walk.ts';

/** What policies share while they are built. */
export interface PolicyContext {
  readonly walk: TraceWalk;
  /** Builds a policy that stands inside another. */
  readonly build: (config: PolicyConfig) => Policy;
  /**
   * Said by an adaptive policy while it is built: it, or what it stands in, is to be asked after all others and only about
   * traces that none of them keeps for certain. What it reports is published under its name.
   */
  readonly askLast: (reporter: AdaptiveReporter) => void;
  /** Said by a policy that meets something it cannot judge and goes on without it; what is said may be seldom shown. */
  readonly warn: (what: string) => void;
}

/** What an adaptive policy says of itself at a time, ms of the clock that batches have. */
export interface AdaptiveReporter {
  report(nowMs: number): AdaptiveReport;
}

/** An element of `policies`: a name, a type, and the block named like the type. */
export interface PolicyConfig {
  readonly name: string;
  readonly type: string;
  readonly [block: string]: unknown;
}

/** Policy types that have others inside. */
export type Container = 'and' | 'not' | 'drop' | 'composite';

/** Where the Collector takes a policy that has no others inside: anywhere. */
export const ANYWHERE: readonly Container[] = ['and', 'not', 'drop', 'composite'];

/** One policy type. Each is a file of its own, named like the type, and a row in `policy-types.ts`. */
export interface PolicyType<Config> {
  /** As in YAML and in metrics. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** The block's schema; undefined where the type takes none. */
  readonly schema: ((inside: InnerPolicies) => z.ZodType<Config>) | undefined;
  /** The types inside which one of this type may stand, as in the Collector. */
  readonly allowedIn: readonly Container[];
  /** Whether a part of a trace cannot be judged alone; absent: it can. */
  needsWholeTrace?(config: Config, ofInner: (config: PolicyConfig) => boolean): boolean;
  build(config: Config, context: PolicyContext): Policy;
}

/** The schema of a policy inside one of another type. */
export type InnerPolicies = (container: Container) => z.ZodType<PolicyConfig>;
