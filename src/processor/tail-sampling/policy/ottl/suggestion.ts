import { nearest } from '../../../../internal/nearest.ts';

/** What to say behind the name of something that there is not: what was meant, and all there is. */
export function suggestion(name: string, known: Iterable<string>): string {
  const names = [...known].toSorted();
  const meant = nearest(name, names);
  return `${meant === undefined ? '' : ` (did you mean "${meant}"?)`}; known are ${names.join(', ')}`;
}
