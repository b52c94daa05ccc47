import { HpackError, type HeaderList, type HpackDecoder } from '../../../../src/receiver/otlp/http2/hpack-decoder.ts';
import { STATIC_TABLE } from '../../../../src/receiver/otlp/http2/hpack-tables.ts';

export const MAX_TABLE_BYTES = 4096;
const MAX_LIST_BYTES = 64 * 1024;

export type Pair = readonly [name: string, value: string];

/** The bytes of hexadecimal digits with white space between them. */
export function fromHex(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

/** Decodes a whole block; it stands between bytes that are not part of it, which any decoder that reads too far would take for fields. */
export function decodeBlock(decoder: HpackDecoder, block: Uint8Array, maxListBytes = MAX_LIST_BYTES): HeaderList {
  const padded = Buffer.concat([Buffer.of(0x82), block, Buffer.of(0x82)]);
  return decoder.decode(padded, 1, 1 + block.length, maxListBytes);
}

export function pairsOf({ fields }: HeaderList): Pair[] {
  return fields.map(({ name, value }) => [name, value]);
}

/** The fields that the decoder's table holds, the newest first. */
export function tableOf(decoder: HpackDecoder): Pair[] {
  const pairs: Pair[] = [];
  for (let index = STATIC_TABLE.length + 1; ; index++) {
    try {
      pairs.push(...pairsOf(decodeBlock(decoder, integer(0x80, 0x7f, index))));
    } catch (error) {
      if (error instanceof HpackError) return pairs;
      throw error;
    }
  }
}

/** An integer (RFC 7541, section 5.1) whose first bits stand under `prefix`, beside `kind`. */
export function integer(kind: number, prefix: number, value: number): Buffer {
  if (value < prefix) return Buffer.of(kind | value);
  const bytes = [kind | prefix];
  let rest = value - prefix;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A string as it is. */
export function string(text: string): Buffer {
  return Buffer.concat([integer(0, 0x7f, text.length), Buffer.from(text, 'latin1')]);
}

export function indexed(index: number): Buffer {
  return integer(0x80, 0x7f, index);
}

/** A field that the table takes; `name` is one or an index. */
export function added(name: string | number, value: string): Buffer {
  return literal(0x40, 0x3f, name, value);
}

export function notAdded(name: string | number, value: string): Buffer {
  return literal(0, 0x0f, name, value);
}

export function resize(limitBytes: number): Buffer {
  return integer(0x20, 0x1f, limitBytes);
}

function literal(kind: number, prefix: number, name: string | number, value: string): Buffer {
  const start = typeof name === 'number' ? integer(kind, prefix, name) : Buffer.concat([Buffer.of(kind), string(name)]);
  return Buffer.concat([start, string(value)]);
}
