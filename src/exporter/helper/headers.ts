import { z } from 'zod';
import { text } from '../../config/fields.ts';

/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;

const byName = z.record(z.string(), text);
const asList = z.array(z.strictObject({ name: z.string(), value: text }));

/** Headers of a request by name, written as a map or, as the Collector also takes them, a list of `{name, value}`. */
export const headers = z
  .union([byName, asList])
  .transform((given): Readonly<Record<string, string>> =>
    Array.isArray(given) ? Object.fromEntries(given.map(({ name, value }) => [name, value])) : given,
  )
  .superRefine((given, context) => {
    for (const [name, value] of Object.entries(given)) {
      if (!NAME.test(name)) context.addIssue({ code: 'custom', path: [name], message: `"${name}" is no name of a header` });
      // The value is not shown: most are secrets.
      else if (!VALUE.test(value)) context.addIssue({ code: 'custom', path: [name], message: 'a header\'s value is printable ASCII on one line' });
    }
  });
