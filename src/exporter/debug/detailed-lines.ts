import type { KeyValue } from './decoded.ts';
import { typedValueText } from './value-text.ts';

/** A title and one line an attribute; nothing where there are none. A title with an arrow moves its attributes to the right. */
export function attributeLines(title: string, attributes: readonly KeyValue[]): readonly string[] {
  if (attributes.length === 0) return [];
  const arrow = title.indexOf('->');
  const indent = arrow < 0 ? '' : title.slice(0, arrow);
  return [`${title}:`, ...attributes.map(({ key, value }) => `${indent}     -> ${key}: ${typedValueText(value)}`)];
}

export function hex(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}
