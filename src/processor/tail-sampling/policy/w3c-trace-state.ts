import { type Bits56, bitsOfHex, compare, hexOfBits } from './bits56.ts';
import { keepsAll, type Threshold } from './policy.ts';

/** OpenTelemetry's member of the tracestate and its sub-keys (OpenTelemetry specification, "TraceState: Probability Sampling"). */
const OTEL_KEY = 'ot';
const THRESHOLD_KEY = 'th';
const RANDOMNESS_KEY = 'rv';

const MAX_MEMBERS = 32;
const MAX_OTEL_VALUE = 256;
const DIGITS = 14;

const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const THRESHOLD = /^[0-9a-f]{1,14}$/;
const RANDOMNESS = /^[0-9a-f]{14}$/;

export interface TraceStateMember {
  readonly key: string;
  readonly value: string;
}

/**
 * The members of a tracestate (W3C Trace Context, "tracestate Header Field Values"). Undefined where it is malformed: a
 * key or value of other characters, a key twice, more than 32 members.
 */
export function parseTraceState(text: string): readonly TraceStateMember[] | undefined {
  const members: TraceStateMember[] = [];
  for (const part of text.split(',')) {
    // As in the Collector, nothing at all is no member, but blanks are a malformed one.
    if (part === '') continue;
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(0, equals)).replace(/^[ \t]+/, '');
    const value = withoutBlanksBehind(part.slice(equals + 1));
    if (equals < 0 || !KEY.test(key) || !VALUE.test(value) || members.some((member) => member.key === key)) return undefined;
    // Nothing is looked at beyond that: whoever sends a long one shall not have it compared with itself.
    if (members.push({ key, value }) > MAX_MEMBERS) return undefined;
  }
  return members;
}

/** A regular expression would try each run of blanks from each of its places. */
function withoutBlanksBehind(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(0, end);
}

/** What a tracestate says of the sampling before. */
export interface CarriedSampling {
  readonly threshold: Bits56 | undefined;
  readonly randomness: Bits56 | undefined;
}

export function carriedSampling(text: string): CarriedSampling {
  const pairs = otelPairs(memberTexts(text).find(isOtel) ?? '');
  const threshold = pairs.find(({ key }) => key === THRESHOLD_KEY)?.value;
  const randomness = pairs.find(({ key }) => key === RANDOMNESS_KEY)?.value;
  return {
    threshold: threshold !== undefined && THRESHOLD.test(threshold) ? bitsOfHex(threshold.padEnd(DIGITS, '0')) : undefined,
    randomness: randomness !== undefined && RANDOMNESS.test(randomness) ? bitsOfHex(randomness) : undefined,
  };
}

/**
 * The tracestate of a span that was kept with a threshold: `ot=th` is raised to it, never lowered; where the probability is
 * not known, `th` is taken out. Other sub-keys and other vendors' members stay as they are, in their order, behind `ot`,
 * which moves to the front. The same text where nothing changes.
 */
export function withThreshold(text: string, threshold: Threshold): string {
  if (keepsAll(threshold)) return text;
  const members = memberTexts(text);
  const otel = members.find(isOtel) ?? '';
  const before = otelPairs(otel);
  const carried = carriedSampling(otel).threshold;
  if (threshold === undefined ? !before.some(({ key }) => key === THRESHOLD_KEY) : carried !== undefined && compare(carried, threshold) >= 0) return text;
  const others = before.filter(({ key }) => key !== THRESHOLD_KEY).map(({ key, value }) => `${key}:${value}`);
  const pairs = threshold === undefined ? others : [`${THRESHOLD_KEY}:${trimmed(threshold)}`, ...others];
  // The value may have 256 characters: what stands last gives way.
  while (pairs.join(';').length > MAX_OTEL_VALUE) pairs.pop();
  const rest = members.filter((member) => !isOtel(member));
  const all = pairs.length === 0 ? rest : [`${OTEL_KEY}=${pairs.join(';')}`, ...rest];
  return all.slice(0, MAX_MEMBERS).join(',');
}

/** `th` is written without the zeros at its end. */
function trimmed(threshold: Bits56): string {
  return hexOfBits(threshold).replace(/0+$/, '') || '0';
}

function memberTexts(text: string): readonly string[] {
  return text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

function isOtel(member: string): boolean {
  return member.startsWith(`${OTEL_KEY}=`);
}

/** The sub-keys of an `ot=…` member. */
function otelPairs(member: string): readonly TraceStateMember[] {
  return member
    .slice(OTEL_KEY.length + 1)
    .split(';')
    .map((pair) => ({ key: pair.slice(0, Math.max(0, pair.indexOf(':'))), value: pair.slice(pair.indexOf(':') + 1) }))
    .filter(({ key }) => key !== '');
}
