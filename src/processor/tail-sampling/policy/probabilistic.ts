import { z } from 'zod';
import { compare } from './bits56.ts';
import { fnv1a64, type Hash64 } from './fnv.ts';
import { NOT_SAMPLED, SAMPLED, SAMPLED_UNKNOWN, type Decision } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';
import { thresholdOf } from './threshold.ts';
import type { Trace } from './trace.ts';

const schema = z.strictObject({
  sampling_percentage: z.number().describe('Share of traces kept, in per cent: 100 or more keeps all, 0 or less none.'),
  hash_salt: z
    .string()
    .default('')
    .describe(
      'When written, the Collector\'s hash of salt and trace id decides, so that instances with the same salt agree with ' +
        'Collectors; the probability is then not claimed. When absent, or where a span carries rv or th in its tracestate, the randomness of the trace itself decides (W3C Trace Context level 2).',
    ),
});

export const probabilistic: PolicyType<z.output<typeof schema>> = {
  type: 'probabilistic',
  summary: 'Keeps a share of all traces.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  build(config) {
    const share = config.sampling_percentage / 100;
    if (share >= 1) return { evaluate: () => SAMPLED };
    if (!(share > 0)) return { evaluate: () => NOT_SAMPLED };
    const ofTrace = byRandomness(share);
    if (config.hash_salt === '') return { evaluate: ofTrace };
    const ofHash = byHash(config.hash_salt, share);
    return { evaluate: (trace) => (trace.carriesSampling ? ofTrace(trace) : ofHash(trace)) };
  },
};

function byRandomness(share: number): (trace: Trace) => Decision {
  const threshold = thresholdOf(share);
  const sampled = { verdict: 'sampled', threshold } as const;
  return (trace) => (compare(trace.randomness, threshold) >= 0 ? sampled : NOT_SAMPLED);
}

/** Keeps a trace when FNV-1a-64 of salt and trace id is at most share · (2⁶⁴ − 1). */
function byHash(salt: string, share: number): (trace: Trace) => Decision {
  // Scaling by a power of two is exact, so the product is that of the real numbers, rounded down.
  const limit = (BigInt(Math.floor(share * 2 ** 116)) * ((1n << 64n) - 1n)) >> 116n;
  const limitHi = Number(limit >> 32n);
  const limitLo = Number(limit & 0xffff_ffffn);
  const salted = fnv1a64(Buffer.from(salt, 'utf8'));
  const hash: Hash64 = { hi: 0, lo: 0 };
  const id = new Uint8Array(16);
  return (trace) => {
    trace.copyId(id);
    fnv1a64(id, salted, hash);
    const within = hash.hi < limitHi || (hash.hi === limitHi && hash.lo <= limitLo);
    return within ? SAMPLED_UNKNOWN : NOT_SAMPLED;
  };
}
