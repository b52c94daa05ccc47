import { z } from 'zod';

/**
 * The kinds of value that blocks are made of, so that every component reads a duration or an endpoint alike. Every field
 * of a component's schema carries a `.describe()`: the reference page and the editors' schema are made from it.
 */

/** Milliseconds a Go duration unit. https://pkg.go.dev/time#ParseDuration */
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  'µs': 1e-3,
  'μs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const DURATION = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const DURATION_PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/** A duration as Go writes it (`1h30m`, `500ms`, `0`), in milliseconds; undefined when `text` is none. */
function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) {
    ms += Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  return text.startsWith('-') ? -ms : ms;
}

/**
 * A duration that is not negative; the parsed value is in milliseconds. A bare number other than 0 is refused: the
 * Collector reads it as nanoseconds, which nobody who writes it means.
 */
export const durationMs = z
  .union([z.string(), z.literal(0)], {
    error: ({ input }) => (input === undefined ? 'is required' : 'must be a duration with a unit, as 500ms, 10s or 1h30m'),
  })
  .transform((value, context): number => {
    const ms = parseDurationMs(String(value));
    if (ms === undefined) {
      context.addIssue({ code: 'custom', message: `"${value}" is no duration: write it with a unit, as 500ms, 10s or 1h30m` });
      return z.NEVER;
    }
    if (ms < 0) {
      context.addIssue({ code: 'custom', message: `"${value}": a duration must not be negative` });
      return z.NEVER;
    }
    return ms;
  })
  .meta({ title: 'duration' });

/** `host:port`; IPv6 addresses stand in brackets. The host may be empty for every address. */
export const endpoint = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.%]+\]|[^:[\]/\s]*):\d{1,5}$/, 'must be host:port, as localhost:4317')
  .meta({ title: 'host:port' });

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Splits what `endpoint` accepted; brackets of an IPv6 address are taken off. */
export function splitEndpoint(text: string): HostPort {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) };
}

/** A whole number, 0 or more. */
export const count = z.number().int().min(0);

/** A secret or another text that an environment variable may have turned into a number or boolean. */
export const text = z.union([z.string(), z.number(), z.boolean()]).transform(String).meta({ title: 'string' });
