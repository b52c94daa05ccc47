import { z } from 'zod';
import type { Container, InnerPolicies, PolicyConfig, PolicyType } from './policy-type.ts';
import { POLICY_TYPES, policyTypeOf } from './policy-types.ts';

const name = z.string().min(1, 'must not be empty').describe('Name of the policy, as it stands in metrics; unique in its list.');

/** Made only when a type asks for it: types inside have types inside in turn. */
const inside: InnerPolicies = (container: Container) =>
  elementSchema(
    POLICY_TYPES.filter(({ allowedIn }) => allowedIn.includes(container)),
    `a policy of type "${container}"`,
  );

/** The schema of an element of `policies`. */
export const policySchema: z.ZodType<PolicyConfig> = elementSchema(POLICY_TYPES, 'policies');

/** Whether a part of a trace cannot be judged alone by a policy. */
export function needsWholeTrace(config: PolicyConfig): boolean {
  return policyTypeOf(config.type).needsWholeTrace?.(config[config.type], needsWholeTrace) ?? false;
}

function elementSchema(types: readonly PolicyType<unknown>[], where: string): z.ZodType<PolicyConfig> {
  const allowed = types.map(({ type }) => type);
  const [first, ...others] = types.map((policyType) => memberSchema(policyType));
  if (first === undefined) throw new Error(`no policy type may stand in ${where}`);
  return z.discriminatedUnion('type', [first, ...others], {
    error: (issue) => (issue.code === 'invalid_union' ? misplacedType(issue.input, where, allowed) : undefined),
  }) as unknown as z.ZodType<PolicyConfig>;
}

/** `{name, type, <block named like the type>}`; blocks of other types may stand beside it without effect, as in the Collector. */
function memberSchema({ type, schema, summary }: PolicyType<unknown>) {
  const others = POLICY_TYPES.filter((other) => other.type !== type).map((other) => [other.type, z.unknown().optional()] as const);
  const block = schema === undefined ? z.strictObject({}).nullish() : schema(inside);
  return z.strictObject({ ...Object.fromEntries(others), name, type: z.literal(type), [type]: block }).describe(summary);
}

/** Says why a type that exists may not stand here; one that does not exist is reported as any other unknown value. */
function misplacedType(input: unknown, where: string, allowed: readonly string[]): string | undefined {
  const given = typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
  if (!POLICY_TYPES.some(({ type }) => type === given)) return undefined;
  return `a policy of type "${String(given)}" cannot stand in ${where}, only ${allowed.join(', ')}`;
}
