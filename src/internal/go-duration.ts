/** A duration as Go prints it: `1h2m3.5s`, `250ms`, `0s`. Whole milliseconds. https://pkg.go.dev/time#Duration.String */
export function formatGoDuration(durationMs: number): string {
  const ms = Math.round(durationMs);
  if (ms === 0) return '0s';
  if (ms < 0) return `-${formatGoDuration(-ms)}`;
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = (ms % 60_000) / 1000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
