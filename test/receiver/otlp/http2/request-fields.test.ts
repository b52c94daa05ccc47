import { expect, test } from 'vitest';
import type { HeaderList } from '../../../../src/receiver/otlp/http2/hpack-decoder.ts';
import { fieldValue, requestMistake, trailersMistake } from '../../../../src/receiver/otlp/http2/request-fields.ts';

type Pairs = [name: string, value: string][];

const list = (pairs: Pairs): HeaderList => ({ fields: pairs.map(([name, value]) => ({ name, value })), isTooLarge: false });
const REQUEST: Pairs = [[':method', 'POST'], [':scheme', 'http'], [':path', '/a'], [':authority', 'test']];

test.each<[string, Pairs]>([
  ['what gRPC sends', [...REQUEST, ['content-type', 'application/grpc'], ['te', 'trailers'], ['grpc-timeout', '1S'], ['x-key-bin', 'AAEC']]],
  ['no authority', REQUEST.slice(0, 3)],
  ['pseudo fields in any order', [[':path', '/'], [':authority', 'a'], [':method', 'GET'], [':scheme', 'https']]],
  ['a field twice', [...REQUEST, ['a', '1'], ['a', '2']]],
  ['values that are empty, long, beyond ASCII, with tabs and blanks at their ends', [...REQUEST, ['a', ''], ['b', 'x'.repeat(10_000)], ['c', 'gr\xfc\xdfe'], ['d', '\t a\tb ']]],
  ["every character that a name may have", [...REQUEST, ["!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz", '']]],
])('taken: %s', (_what, pairs) => {
  expect(requestMistake(list(pairs))).toBeUndefined();
});

test.each<[string, Pairs, string]>([
  ['no method', REQUEST.slice(1), ':method is missing'],
  ['no scheme', REQUEST.filter(([name]) => name !== ':scheme'), ':scheme is missing'],
  ['no path', REQUEST.filter(([name]) => name !== ':path'), ':path is missing'],
  ['an empty path', REQUEST.map(([name, value]) => [name, name === ':path' ? '' : value]), ':path is empty'],
  ['a method twice', [...REQUEST, [':method', 'POST']], ':method comes twice'],
  ["an answer's pseudo field", [...REQUEST, [':status', '200']], ':status has no place in a request'],
  ['an unknown pseudo field', [...REQUEST, [':protocol', 'websocket']], ':protocol has no place in a request'],
  ['a pseudo field behind another', [...REQUEST.slice(0, 3), ['a', ''], [':authority', 'x']], ':authority comes after other fields'],
  ['nothing', [], ':method is missing'],
])('malformed as a request: %s', (_what, pairs, mistake) => {
  expect(requestMistake(list(pairs))).toBe(mistake);
});

test.each<[string, string, string]>([
  ['capitals', 'Content-Type', 'a'],
  ['no name', '', 'a'],
  ['a blank in a name', 'a b', ''],
  ['a colon in a name', 'a:b', ''],
  ['a name beyond ASCII', 'gr\xfc', ''],
  ['a zero in a value', 'a', 'b\0c'],
  ['a line in a value', 'a', 'b\nc'],
  ['a carriage return in a value', 'a', 'b\r'],
  ['connection', 'connection', 'close'],
  ['proxy-connection', 'proxy-connection', 'keep-alive'],
  ['keep-alive', 'keep-alive', '5'],
  ['transfer-encoding', 'transfer-encoding', 'chunked'],
  ['upgrade', 'upgrade', 'h2c'],
  ['te with more than trailers', 'te', 'trailers, gzip'],
])('malformed in requests and trailers: %s', (_what, name, value) => {
  expect(requestMistake(list([...REQUEST, [name, value]]))).toBeDefined();
  expect(trailersMistake(list([['a', 'b'], [name, value]]))).toBeDefined();
});

test('trailers have no pseudo fields, and may be none', () => {
  expect(trailersMistake(list([]))).toBeUndefined();
  expect(trailersMistake(list([['grpc-status', '0']]))).toBeUndefined();
  expect(trailersMistake(list([[':path', '/']]))).toBe(':path comes after the content');
});

test('of several fields of a name the first counts', () => {
  const headers = list([['a', '1'], ['b', ''], ['a', '2']]);
  expect([fieldValue(headers, 'a'), fieldValue(headers, 'b'), fieldValue(headers, 'c')]).toEqual(['1', '', undefined]);
});
