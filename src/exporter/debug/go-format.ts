/** Numbers and times as Go's `fmt` and `time` write them, so that output reads like the Collector's. */

/** `2020-02-11 20:26:12.000000321 +0000 UTC`, without zeros at the end of the fraction. */
export function formatTimestamp(unixNano: string): string {
  const nanos = BigInt(unixNano);
  const [date, time] = new Date(Number(nanos / 1_000_000n)).toISOString().split('T');
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${date} ${time?.slice(0, 8)}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`;
}

/** `%f`: six digits after the point. */
export function formatFixed(value: number): string {
  if (!Number.isFinite(value)) return formatNotFinite(value);
  // From 1e21 on toFixed falls back to an exponent; such a number is whole.
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** `%v`: as few digits as tell the number apart, with an exponent of two digits below 1e-4 and from 1e21 on. */
export function formatShortest(value: number): string {
  if (!Number.isFinite(value)) return formatNotFinite(value);
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e21)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function formatNotFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** Text as a JSON string, escaped as Go does by default. */
export function formatJsonString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
