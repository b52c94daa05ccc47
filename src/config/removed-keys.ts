import { z } from 'zod';

/** What stands in an error message for each refused key of one object. */
type KeyNotes = Readonly<Record<string, string>>;

/**
 * Keys that an older Collector knew, each with what is written today. Attach them to the strict object that misses them:
 *
 * `z.strictObject({ … }).register(removedKeys, { insecure: 'tls: {insecure: true}' })`
 *
 * gives `"insecure" was removed: write tls: {insecure: true}`.
 */
export const removedKeys = z.registry<KeyNotes>();

/**
 * Keys that the Collector knows and Tailrace does not, each with what to do instead (a sentence without full stop).
 * Without an entry such a key is reported as unknown.
 */
export const unsupportedKeys = z.registry<KeyNotes>();

/** Of such keys, those that stand in place of a required one, with that: who writes the one does not miss the other. */
export const replacingKeys = z.registry<Readonly<Record<string, string>>>();
