import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HpackDecoder, HpackError } from '../../../../src/receiver/otlp/http2/hpack-decoder.ts';
import { STATIC_TABLE } from '../../../../src/receiver/otlp/http2/hpack-tables.ts';
import { holds } from '../../../support/property.ts';
import { added, decodeBlock, indexed, notAdded, pairsOf, resize, tableOf, type Pair } from './hpack-blocks.ts';

/** Small, so that fields are evicted all the time. */
const TABLE_BYTES = 200;

type Instruction =
  | { readonly kind: 'indexed'; readonly index: number }
  | { readonly kind: 'added' | 'not added'; readonly name: string | number; readonly value: string }
  | { readonly kind: 'resize'; readonly limitBytes: number };

type Outcome = readonly Pair[] | 'too large' | 'error';

/** The table and the lists as RFC 7541 says, without a thought for time. */
class Model {
  /** The newest first. */
  readonly table: Pair[] = [];
  #limitBytes = TABLE_BYTES;

  decode(instructions: readonly Instruction[], maxListBytes: number): Outcome {
    const list: Pair[] = [];
    for (const instruction of instructions) {
      if (instruction.kind === 'resize') {
        if (list.length > 0 || instruction.limitBytes > TABLE_BYTES) return 'error';
        this.#limitBytes = instruction.limitBytes;
        this.#evict();
        continue;
      }
      const pair = this.#pair(instruction);
      if (pair === undefined) return 'error';
      list.push(pair);
      if (instruction.kind === 'added') {
        this.table.unshift(pair);
        this.#evict();
      }
    }
    return bytesOf(list) > maxListBytes ? 'too large' : list;
  }

  #pair(instruction: Exclude<Instruction, { kind: 'resize' }>): Pair | undefined {
    if (instruction.kind === 'indexed') return this.#at(instruction.index);
    const { name, value } = instruction;
    const known = typeof name === 'number' ? this.#at(name)?.[0] : name;
    return known === undefined ? undefined : [known, value];
  }

  #at(index: number): Pair | undefined {
    const fields: readonly Pair[] = [...STATIC_TABLE.map(({ name, value }): Pair => [name, value]), ...this.table];
    return fields[index - 1];
  }

  #evict(): void {
    while (bytesOf(this.table) > this.#limitBytes) this.table.pop();
  }
}

function bytesOf(pairs: readonly Pair[]): number {
  return pairs.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
}

function blockOf(instructions: readonly Instruction[]): Buffer {
  return Buffer.concat(
    instructions.map((instruction) => {
      switch (instruction.kind) {
        case 'indexed':
          return indexed(instruction.index);
        case 'added':
          return added(instruction.name, instruction.value);
        case 'not added':
          return notAdded(instruction.name, instruction.value);
        case 'resize':
          return resize(instruction.limitBytes);
      }
    }),
  );
}

const NEWEST = STATIC_TABLE.length + 1;
/** Static ones on either side of what the first byte of a literal can hold, those in the table, and some that rarely are. */
const knownIndex = fc.constantFrom(1, 2, 14, 15, 16, NEWEST - 1, ...Array.from({ length: 8 }, () => NEWEST), NEWEST + 1, NEWEST + 2);
const index = fc.oneof({ weight: 60, arbitrary: knownIndex }, { weight: 1, arbitrary: fc.constantFrom(0, NEWEST + 3, NEWEST + 4, 300) });
const value = fc.oneof({ weight: 12, arbitrary: fc.constantFrom('', 'x', 'y') }, { weight: 1, arbitrary: fc.nat(180).map((length) => 'v'.repeat(length)) });
const name = fc.oneof(fc.constantFrom('a', 'b', 'c'), knownIndex);
const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('indexed' as const), index }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('added' as const), name, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('not added' as const), name, value }) },
);
const sizeChange: fc.Arbitrary<Instruction> = fc.record({
  kind: fc.constant('resize' as const),
  limitBytes: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 60, max: TABLE_BYTES }) }, { weight: 1, arbitrary: fc.constantFrom(0, TABLE_BYTES + 1) }),
});
const block = fc
  .tuple(
    fc.option(sizeChange, { freq: 8 }),
    fc.array(fc.oneof({ weight: 200, arbitrary: instruction }, { weight: 1, arbitrary: sizeChange }), { maxLength: 5 }),
  )
  .map(([change, fields]) => (change === null ? fields : [change, ...fields]));
/** Each block up to three times in a row, as a client's requests are. */
const blocks = fc.array(fc.tuple(block, fc.integer({ min: 1, max: 3 })), { maxLength: 12 });

/** What a connection begins with here: without fields in the table most references would be mistakes. */
const FIRST_BLOCK = ['a', 'b', 'c', 'd'].map((text): Instruction => ({ kind: 'added', name: text, value: 'x' }));

test('decodes what a model of the table decodes, block after block', () => {
  holds(
    fc.property(blocks, fc.constantFrom(100, 1000), (series, maxListBytes) => {
      let decoder = new HpackDecoder(TABLE_BYTES);
      let model = new Model();
      const both = (instructions: readonly Instruction[]): void => {
        const outcome = model.decode(instructions, maxListBytes);
        expect(decoded(decoder, blockOf(instructions), maxListBytes)).toEqual(outcome);
        if (outcome !== 'error') return;
        decoder = new HpackDecoder(TABLE_BYTES);
        model = new Model();
        both(FIRST_BLOCK);
      };
      both(FIRST_BLOCK);
      for (const [repeated, times] of series) {
        for (let i = 0; i < times; i++) both(repeated);
      }
      // Not before: what looks into the table are blocks, too.
      expect(tableOf(decoder)).toEqual(model.table);
    }),
    800,
  );
});

function decoded(decoder: HpackDecoder, bytes: Uint8Array, maxListBytes: number): Outcome {
  try {
    const list = decodeBlock(decoder, bytes, maxListBytes);
    return list.isTooLarge ? 'too large' : pairsOf(list);
  } catch (error) {
    if (error instanceof HpackError) return 'error';
    throw error;
  }
}
