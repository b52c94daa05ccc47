import { z } from 'zod';
import type { Container, InnerPolicies, PolicyConfig, PolicyType } from './policy-type.ts';
import { POLICY_TYPES, policyTypeOf } from './policy-types.ts';

const name = z.string().min(1, 'must not be empty').describe('Name of the policy, as it stands in metrics; unique in its list.');

/** Made once each, and only when a type asks for it: types inside have types inside in turn. */
const innerSchemas = new Map<Container, z.ZodType<PolicyConfig>>();
const members = new Map<string, z.ZodObject>();

const inside: InnerPolicies = (container) => {
  const known = innerSchemas.get(container);
  if (known !== undefined) return known;
  const allowed = POLICY_TYPES.filter(({ allowedIn }) => allowedIn.includes(container));
  // The Collector asks nobody inside for a name; its type serves.
  const schema = z
    .preprocess(withName, elementSchema(allowed, `a policy of type "${container}"`))
    .meta({ id: `policy_in_${container}`, title: 'policy' });
  innerSchemas.set(container, schema);
  return schema;
};

/** The schema of an element of `policies`. */
export const policySchema: z.ZodType<PolicyConfig> = elementSchema(POLICY_TYPES, 'policies').meta({ id: 'policy', title: 'policy' });

/** The schema of the block of a policy type, for the reference; undefined where it takes none. */
export function blockSchema({ schema }: PolicyType<unknown>): z.ZodType | undefined {
  return schema?.(inside);
}

/** Whether a part of a trace cannot be judged alone by a policy. */
export function needsWholeTrace(config: PolicyConfig): boolean {
  return policyTypeOf(config.type).needsWholeTrace?.(config[config.type], needsWholeTrace) ?? false;
}

function elementSchema(types: readonly PolicyType<unknown>[], where: string): z.ZodType<PolicyConfig> {
  const allowed = types.map(({ type }) => type);
  const [first, ...others] = types.map((policyType) => memberSchema(policyType));
  if (first === undefined) throw new Error(`no policy type may stand in ${where}`);
  const union = z.discriminatedUnion('type', [first, ...others], {
    error: (issue) => (issue.code === 'invalid_union' ? misplacedType(issue.input, where, allowed) : undefined),
  });
  return z.preprocess(withoutOtherBlocks, union) as unknown as z.ZodType<PolicyConfig>;
}

/** `{name, type, <block named like the type>}`. */
function memberSchema(policyType: PolicyType<unknown>): z.ZodObject {
  const { type, summary } = policyType;
  const known = members.get(type);
  if (known !== undefined) return known;
  const block = blockSchema(policyType) ?? z.strictObject({}).nullish();
  const schema = z.strictObject({ name, type: z.literal(type), [type]: block }).meta({ id: `policy_${type}`, description: summary });
  members.set(type, schema);
  return schema;
}

/** Blocks of other types may stand beside that of a policy's own, without effect, as in the Collector. */
function withoutOtherBlocks(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const own = 'type' in input ? input.type : undefined;
  return Object.fromEntries(Object.entries(input).filter(([key]) => key === own || !POLICY_TYPES.some(({ type }) => type === key)));
}

function withName(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('type' in input) || ('name' in input && input.name !== '')) return input;
  return { ...input, name: input.type };
}

/** Says why a type that exists may not stand here; one that does not exist is reported as any other unknown value. */
function misplacedType(input: unknown, where: string, allowed: readonly string[]): string | undefined {
  const given = typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
  if (!POLICY_TYPES.some(({ type }) => type === given)) return undefined;
  return `a policy of type "${String(given)}" cannot stand in ${where}, only ${allowed.join(', ')}`;
}
