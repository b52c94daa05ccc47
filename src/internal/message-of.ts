/** What anything that was thrown says for itself. */
export function messageOf(error: unknown): string {
  // One of several attempts, as at the addresses of a host, often has no message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
