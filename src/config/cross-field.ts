import { z } from 'zod';

/**
 * Checks that look at several parts of a block. zod asks none of them while anything in the block has a wrong value;
 * these are asked as soon as the parts they look at are right, so that all mistakes in a block are reported together.
 */

/** A check of some keys of a block, for `.check(…)`, asked when each of `keys` is right, with what is in it. */
export function crossField<Block extends object, Key extends keyof Block & string>(
  keys: readonly Key[],
  refine: (config: Pick<Block, Key>, context: z.core.$RefinementCtx<Block>) => void,
): z.core.$ZodCheck<Block> {
  return z.superRefine<Block>(refine, {
    when: ({ value, issues }) => typeof value === 'object' && value !== null && keys.every((key) => isRight(issues, [key])),
  });
}

/**
 * The elements of the list at `key` that are right, each with its index, whatever is wrong with others or elsewhere.
 *
 * @param part of an element, where it is enough that this one is right
 */
export function rightElements<Block extends Readonly<Record<Key, readonly unknown[]>>, Key extends string>(
  { value, issues }: Pick<z.core.$RefinementCtx<Block>, 'value' | 'issues'>,
  key: Key,
  part?: keyof Block[Key][number] & string,
): readonly (readonly [index: number, element: Block[Key][number]])[] {
  const list: Block[Key] = value[key];
  if (!Array.isArray(list)) return [];
  return [...list.entries()].filter(([index]) => isRight(issues, part === undefined ? [key, index] : [key, index, part]));
}

/** Whether the value at `path` is what it should be, all of it, and so are the maps and lists that lead there. */
function isRight(issues: readonly z.core.$ZodRawIssue[], path: readonly (string | number)[]): boolean {
  return !issues.some((issue) => {
    const at = issue.path ?? [];
    // A key too many leaves the others as they are, and so does what another check says of a map as a whole.
    if (issue.code === 'unrecognized_keys' || (issue.code === 'custom' && at.length < path.length)) return false;
    return path.every((step, depth) => depth >= at.length || at[depth] === step);
  });
}
