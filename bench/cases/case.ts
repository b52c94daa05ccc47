/** What this process was asked to run; each case knows its own shape. */
export const caseOptions: unknown = JSON.parse(process.argv[2] ?? '{}');

export function tellResult(result: object): void {
  process.send?.(result);
}

/** Garbage is collected and given back before memory is read. */
export function residentBytesNow(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/**
 * Processor time of this process since `start`, ns, with what its collector threads use. Unlike the time on the wall it
 * does not grow when others want the core.
 */
export function cpuNsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) * 1000;
}
