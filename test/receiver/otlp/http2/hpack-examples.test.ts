import { describe, expect, test } from 'vitest';
import { HpackDecoder } from '../../../../src/receiver/otlp/http2/hpack-decoder.ts';
import { HpackReader } from '../../../../src/receiver/otlp/http2/hpack-reader.ts';
import { decodeBlock, fromHex, pairsOf, tableOf, type Pair } from './hpack-blocks.ts';

/** The examples of RFC 7541, appendix C. */

interface Step {
  readonly block: string;
  readonly list: readonly Pair[];
  /** What the table holds then, the newest first. */
  readonly table: readonly Pair[];
}

const EXAMPLE: Pair = [':authority', 'www.example.com'];
const NO_CACHE: Pair = ['cache-control', 'no-cache'];
const CUSTOM: Pair = ['custom-key', 'custom-value'];
const [GET, HTTP, ROOT]: readonly [Pair, Pair, Pair] = [[':method', 'GET'], [':scheme', 'http'], [':path', '/']];

/** C.3 and C.4. */
function requests(...blocks: readonly [string, string, string]): Step[] {
  return [
    { block: blocks[0], list: [GET, HTTP, ROOT, EXAMPLE], table: [EXAMPLE] },
    { block: blocks[1], list: [GET, HTTP, ROOT, EXAMPLE, NO_CACHE], table: [NO_CACHE, EXAMPLE] },
    { block: blocks[2], list: [GET, [':scheme', 'https'], [':path', '/index.html'], EXAMPLE, CUSTOM], table: [CUSTOM, NO_CACHE, EXAMPLE] },
  ];
}

const FOUND: Pair = [':status', '302'];
const REDIRECT: Pair = [':status', '307'];
const PRIVATE: Pair = ['cache-control', 'private'];
const DATE: Pair = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
const LATER: Pair = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'];
const LOCATION: Pair = ['location', 'https://www.example.com'];
const GZIP: Pair = ['content-encoding', 'gzip'];
const COOKIE: Pair = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'];

/** C.5 and C.6. */
function responses(...blocks: readonly [string, string, string]): Step[] {
  return [
    { block: blocks[0], list: [FOUND, PRIVATE, DATE, LOCATION], table: [LOCATION, DATE, PRIVATE, FOUND] },
    { block: blocks[1], list: [REDIRECT, PRIVATE, DATE, LOCATION], table: [REDIRECT, LOCATION, DATE, PRIVATE] },
    { block: blocks[2], list: [[':status', '200'], PRIVATE, LATER, LOCATION, GZIP, COOKIE], table: [COOKIE, GZIP, LATER] },
  ];
}

const SERIES: readonly { readonly name: string; readonly tableBytes: number; readonly steps: readonly Step[] }[] = [
  {
    name: 'C.2.1: literal field that is added',
    tableBytes: 4096,
    steps: [
      {
        block: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
        list: [['custom-key', 'custom-header']],
        table: [['custom-key', 'custom-header']],
      },
    ],
  },
  {
    name: 'C.2.2: literal field that is not added',
    tableBytes: 4096,
    steps: [{ block: '040c 2f73 616d 706c 652f 7061 7468', list: [[':path', '/sample/path']], table: [] }],
  },
  {
    name: 'C.2.3: literal field that is never added',
    tableBytes: 4096,
    steps: [{ block: '1008 7061 7373 776f 7264 0673 6563 7265 74', list: [['password', 'secret']], table: [] }],
  },
  { name: 'C.2.4: indexed field', tableBytes: 4096, steps: [{ block: '82', list: [GET], table: [] }] },
  {
    name: 'C.3: requests without Huffman code',
    tableBytes: 4096,
    steps: requests(
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ),
  },
  {
    name: 'C.4: requests with Huffman code',
    tableBytes: 4096,
    steps: requests(
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ),
  },
  {
    name: 'C.5: responses without Huffman code, with evictions',
    tableBytes: 256,
    steps: responses(
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
       2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
       6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
       54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
       5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
       3d31`,
    ),
  },
  {
    name: 'C.6: responses with Huffman code, with evictions',
    tableBytes: 256,
    steps: responses(
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
       2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
       77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
       9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ),
  },
];

test.each([
  ['C.1.1: 10 with a prefix of five bits', '0a', 0x1f, 10],
  ['C.1.2: 1337 with a prefix of five bits', '1f9a0a', 0x1f, 1337],
  ['C.1.3: 42 at a byte boundary', '2a', 0xff, 42],
])('%s', (_, hex, prefix, value) => {
  const bytes = fromHex(hex);
  const reader = new HpackReader(bytes, 0, bytes.length);
  expect(reader.integer(prefix)).toBe(value);
  expect(reader.isAtEnd).toBe(true);
});

describe.each(SERIES)('$name', ({ tableBytes, steps }) => {
  test.each(steps.map((_, i) => i + 1))('block %d', (count) => {
    const decoder = new HpackDecoder(tableBytes);
    const lists = steps.slice(0, count).map(({ block }) => pairsOf(decodeBlock(decoder, fromHex(block))));
    expect(lists.at(-1)).toEqual(steps[count - 1]!.list);
    expect(tableOf(decoder)).toEqual(steps[count - 1]!.table);
  });
});
