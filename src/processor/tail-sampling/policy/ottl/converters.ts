import type { Converter } from './converter.ts';
import { HASH_CONVERTERS } from './converters/hash-converters.ts';
import { TEXT_CONVERTERS } from './converters/text-converters.ts';
import { TIME_CONVERTERS } from './converters/time-converters.ts';
import { TYPE_CONVERTERS } from './converters/type-converters.ts';

/**
 * Every function there is, by name.
 * https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl/ottlfuncs#converters
 */
export const CONVERTERS: ReadonlyMap<string, Converter> = new Map(
  Object.entries({ ...TYPE_CONVERTERS, ...TEXT_CONVERTERS, ...TIME_CONVERTERS, ...HASH_CONVERTERS }),
);
