/**
 * A Retry-After header as a delay in ms: seconds, or a date. Undefined when it is absent or neither.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 *
 * @param nowMs since the epoch
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  // Date.parse takes much that is no date of HTTP ("Soon, 2026"); those begin with a weekday and have a time.
  if (!/^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(header.trim())) return undefined;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
