import type { Container, PolicyType } from '../src/processor/tail-sampling/policy/policy-type.ts';
import { blockSchema } from '../src/processor/tail-sampling/policy/policy-schema.ts';
import { POLICY_TYPES } from '../src/processor/tail-sampling/policy/policy-types.ts';
import { keyTable } from './configuration-page.ts';
import { inputSchema } from './editor-schema.ts';

const INTRODUCTION = `# Policies of \`tail_sampling\`

Every policy type, made from the schemas that check a configuration (\`npm run generate\`).

A policy is an element of \`policies\`: a \`name\`, unique in the list, a \`type\`, and a block named like the type.
Policies of type \`drop\` are asked first. Where one drops a trace, it is not forwarded; else, where any keeps it, it is, and
the decision is attributed to the first in the list that kept it.

`;

const NOWHERE = 'It stands in `policies` only.';

/** `docs/policies.md`. */
export function policiesPage(): string {
  return INTRODUCTION + POLICY_TYPES.map((policyType) => section(policyType)).join('\n');
}

function section(policyType: PolicyType<unknown>): string {
  const block = blockSchema(policyType);
  const keys = block === undefined ? 'It has no block.\n' : keyTable(inputSchema(block));
  return `## \`${policyType.type}\`\n\n${policyType.summary} ${places(policyType.allowedIn)}\n\n${keys}`;
}

function places(allowedIn: readonly Container[]): string {
  return allowedIn.length === 0 ? NOWHERE : `It may stand inside ${allowedIn.map((container) => `\`${container}\``).join(', ')}.`;
}
