import type { z } from 'zod';
import type { Policy } from './policy.ts';
import type { TraceWalk } from './trace-walk.ts';

/** What policies share while they are built. */
export interface PolicyContext {
  readonly walk: TraceWalk;
  /** Builds a policy that stands inside another. */
  readonly build: (config: PolicyConfig) => Policy;
}

/** An element of `policies`: a name, a type, and the block named like the type. */
export interface PolicyConfig {
  readonly name: string;
  readonly type: string;
  readonly [block: string]: unknown;
}

/** Inside which other policies one of this type may stand. */
export interface Nesting {
  readonly and: boolean;
}

/** One policy type. Each is a file of its own, named like the type, and a row in `policy-types.ts`. */
export interface PolicyType<Config> {
  /** As in YAML and in metrics. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** The block's schema; undefined where the type takes none. */
  readonly schema: ((inner: InnerPolicies) => z.ZodType<Config>) | undefined;
  readonly nesting: Nesting;
  build(config: Config, context: PolicyContext): Policy;
}

/** Schemas for policies inside other policies. */
export interface InnerPolicies {
  readonly inAnd: z.ZodType<PolicyConfig>;
}
