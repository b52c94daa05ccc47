import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { requestToJson } from '../../../src/pdata/json/request-json.ts';
import { Recording, RecordingError } from '../../../src/service/replay/recording.ts';
import { encodeRequest, id, span, tracesOf } from '../../support/otlp.ts';

const directory = mkdtempSync(join(tmpdir(), 'tailrace-recording-'));
afterAll(() => rmSync(directory, { recursive: true }));

const requests = [1, 2, 3].map((n) => encodeRequest('traces', tracesOf([span({ traceId: id(n, 16), statusCode: 1 })])));
const json = requests.map((bytes) => `${requestToJson('traces', bytes)}\n`).join('');
const proto = Buffer.concat(requests.flatMap((bytes) => [lengthOf(bytes), bytes]));

function lengthOf(bytes: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bytes.length);
  return prefix;
}

async function read(content: Uint8Array | string) {
  const path = join(directory, 'recording');
  writeFileSync(path, content);
  const recording = await Recording.open(path);
  const found: { readonly bytes: string; readonly place: string }[] = [];
  for await (const { bytes, place } of recording.requests()) found.push({ bytes: hex(bytes), place: place.replace(path, 'FILE') });
  return { found, recording };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('a recording', () => {
  test.each<[string, Uint8Array | string, readonly string[]]>([
    ['OTLP/JSON lines', json, ['FILE:1', 'FILE:2', 'FILE:3']],
    ['with empty lines and without the last line end', json.replace('\n', '\n\n \r\n').trimEnd(), ['FILE:1', 'FILE:4', 'FILE:5']],
    ['protobuf after lengths', proto, ['FILE, request 1', 'FILE, request 2', 'FILE, request 3']],
    ['OTLP/JSON lines, gzip', gzipSync(json), ['FILE:1', 'FILE:2', 'FILE:3']],
    ['gzip in several members', Buffer.concat([gzipSync(proto.subarray(0, 7)), gzipSync(proto.subarray(7))]), ['FILE, request 1', 'FILE, request 2', 'FILE, request 3']],
  ])('%s', async (_format, content, places) => {
    const { found, recording } = await read(content);
    expect(found).toEqual(requests.map((bytes, index) => ({ bytes: hex(bytes), place: places[index] })));
    expect(recording.bytesRead).toBe(recording.size);
  });

  test('one request in protobuf', async () => {
    expect((await read(requests[0]!)).found).toEqual([{ bytes: hex(requests[0]!), place: 'FILE' }]);
  });

  test('nothing', async () => {
    expect((await read('')).found).toEqual([]);
  });

  test.each<[string, Uint8Array | string, string]>([
    ['a line that is no JSON', `${json}{"resourceSpans": [}\n`, ':4: '],
    ['a line that is no OTLP', `${json.split('\n')[0]}\n{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}\n`, ':2: resourceSpans[0].scopeSpans[0].spans[0].traceId'],
    ['an end within a request', proto.subarray(0, -1), ', request 3: the file ends within it'],
    ['an end within a length', Buffer.concat([proto, Buffer.alloc(2)]), ', request 4: the file ends within it'],
    ['a length beyond all measure', Buffer.concat([lengthOf(requests[0]!), requests[0]!, Buffer.from([0x7f, 0xff, 0xff, 0xff])]), ', request 2: 2147483647 bytes at once'],
    ['another format', 'hello', ': no recording: neither OTLP/JSON lines'],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), ': compressed with zstd'],
  ])('%s is an error that says where', async (_what, content, message) => {
    const reading = read(content);
    await expect(reading).rejects.toThrow(RecordingError);
    await expect(reading).rejects.toThrow(`${join(directory, 'recording')}${message}`);
  });

  test('gzip that ends early is an error', async () => {
    await expect(read(gzipSync(json).subarray(0, -12))).rejects.toThrow(/recording:\d: unexpected end of file/);
  });

  test('a file that is not there, or no file, is an error', async () => {
    await expect(Recording.open(join(directory, 'none'))).rejects.toThrow(/none: ENOENT/);
    const recording = await Recording.open(directory);
    await expect(recording.requests().next()).rejects.toThrow(/EISDIR/);
  });
});
