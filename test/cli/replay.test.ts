import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { requestFromJson } from '../../src/pdata/json/request-json.ts';
import { latency, probabilistic, tracesOfRequests } from '../support/offline-policies.ts';
import { encodeRequest, hexOf, id, span, spansOf, tracesOf } from '../support/otlp.ts';
import { recordings } from '../support/project.ts';
import { loadRecording } from '../support/recording.ts';

const directory = mkdtempSync(join(tmpdir(), 'tailrace-replay-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function replay(args: readonly string[], terminalColumns?: number, stop = new AbortController().signal) {
  let out = '';
  let error = '';
  const code = await runCommandLine(['replay', ...args], {
    writeOut: (text) => void (out += text),
    writeError: (text) => void (error += text),
    terminalColumns,
    stop,
    stopNow: new AbortController().signal,
  });
  return { code, out, error };
}

function configOf(policies: string, pipelines = 'traces: {receivers: [otlp], processors: [memory_limiter, tail_sampling, batch], exporters: [otlp]}'): string {
  return `
receivers: {otlp: {protocols: {grpc: {}}}}
processors:
  memory_limiter: {check_interval: 1s, limit_mib: 100}
  batch: {timeout: 1s}
  tail_sampling: {decision_wait: 5s, policies: ${policies}}
exporters: {otlp: {endpoint: 'localhost:1', tls: {insecure: true}}}
extensions: {health_check: {}}
service: {extensions: [health_check], pipelines: {${pipelines}}}
`;
}

const SLOW = '{name: slow, type: latency, latency: {threshold_ms: 1000}}';
const SOME = '{name: some, type: probabilistic, probabilistic: {sampling_percentage: 20}}';
const SALTED = '{name: salted, type: probabilistic, probabilistic: {sampling_percentage: 20, hash_salt: s}}';
const config = file('config.yaml', configOf(`[${SLOW}, ${SOME}]`));

function outputOf(path: string): readonly Uint8Array[] {
  return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '').map((line) => requestFromJson('traces', line));
}

describe('replay', () => {
  test('says what was kept by which policy, and how right counts made from it are', async () => {
    expect(await replay(['--config', config, '--out', join(directory, 'golden'), recordings.trainTicket])).toEqual({ code: 0, out: GOLDEN, error: '' });
  });

  test('keeps whole what the policies say, in recorded time', async () => {
    const out = join(directory, 'kept');
    const { code } = await replay(['--config', file('salted.yaml', configOf(`[${SLOW}, ${SALTED}]`)), '--out', out, recordings.onlineBoutique]);
    expect(code).toBe(0);
    const sent = tracesOfRequests(loadRecording(recordings.onlineBoutique).requests);
    const wanted = sent.filter((trace) => latency(1000)(trace) || probabilistic('s', 20)(trace));
    const kept = tracesOfRequests(outputOf(out));
    expect(new Map(kept.map(({ traceId, spans }) => [traceId, spans.length]))).toEqual(new Map(wanted.map(({ traceId, spans }) => [traceId, spans.length])));
    expect(kept.length).toBeGreaterThan(0);
  });

  test('the same recording in any format gives the same output', async () => {
    const lines = gunzipSync(readFileSync(recordings.trainTicket)).toString('utf8');
    const requests = lines.split('\n').filter((line) => line !== '').map((line) => requestFromJson('traces', line));
    const prefixed = requests.flatMap((bytes) => [Buffer.from([0, bytes.length >> 16, bytes.length >> 8, bytes.length]), bytes]);
    const formats = [recordings.trainTicket, file('lines.json', lines), file('requests.pb', Buffer.concat(prefixed))];
    const results = [];
    for (const [index, recording] of formats.entries()) {
      const out = join(directory, `format-${index}`);
      const { out: report } = await replay(['--config', config, '--seed', '7', '--out', out, recording]);
      results.push({ report, kept: readFileSync(out, 'utf8') });
    }
    expect(results[0]!.kept).not.toBe('');
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test('several recordings follow each other; a late span joins its trace only in time', async () => {
    const at = (ms: number, n: number, statusCode = 0) =>
      encodeRequest('traces', tracesOf([span({ traceId: id(1, 16), spanId: id(n, 8), startMs: ms - 1, endMs: ms, statusCode })]));
    const errors = file('errors.yaml', configOf('[{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]'));
    const first = file('first.pb', at(1_000_000, 1));
    for (const [seconds, kept] of [[4, ['1', '2']], [6, []]] as const) {
      const second = file('second.pb', at(1_000_000 + seconds * 1000, 2, 2));
      const out = join(directory, 'late');
      expect((await replay(['--config', errors, '--out', out, first, second])).code).toBe(0);
      expect(outputOf(out).flatMap(spansOf).map(({ spanId }) => String(Number.parseInt(hexOf(spanId), 16)))).toEqual(kept);
    }
  });

  test('says where the probability is not known', async () => {
    const salted = file('salted-only.yaml', configOf(`[${SALTED}]`));
    const { out } = await replay(['--config', salted, '--out', join(directory, 'unknown'), recordings.trainTicket]);
    expect(out).toMatch(/salted +\d+ +[\d,]+ +[\d,]+ +unknown\n/);
    expect(out).toMatch(/Of \d+ traces the probability is not known/);
  });

  test('shows its progress on a terminal alone, and takes it away', async () => {
    const { error } = await replay(['--config', config, '--out', join(directory, 'progress'), recordings.trainTicket], 60);
    expect(error).toMatch(/^\r\[[#.]{30}\] \d+ % {2}\d+ spans/);
    expect(error.endsWith('\r\u001b[K')).toBe(true);
    for (const line of error.split('\r')) expect(line.replace('\u001b[K', '').length).toBeLessThan(60);
  });

  test('a replay that is stopped says what it has so far', async () => {
    const { code, out } = await replay(['--config', config, '--out', join(directory, 'stopped'), recordings.trainTicket], undefined, AbortSignal.abort());
    expect(code).toBe(1);
    expect(out).toMatch(/^Stopped early, having replayed 0 spans/);
  });

  const TWO = 'traces/a: {receivers: [otlp], processors: [tail_sampling], exporters: [otlp]}, traces/b: {receivers: [otlp], exporters: [otlp]}';

  test('of several pipelines one has to be named', async () => {
    const two = file('two.yaml', configOf(`[${SLOW}]`, TWO));
    const args = ['--config', two, '--out', join(directory, 'two'), recordings.trainTicket];
    expect(await replay(args)).toMatchObject({ code: 1, error: 'tailrace: there are several traces pipelines, say which with --pipeline: traces/a, traces/b\n' });
    expect(await replay(['--pipeline', 'traces/c', ...args])).toMatchObject({ code: 1, error: 'tailrace: there is no traces pipeline "traces/c", only traces/a, traces/b\n' });
    const { code, out } = await replay(['--pipeline', 'traces/b', ...args]);
    expect(code).toBe(0);
    expect(out).toMatch(/spans +5,207 +5,207 +5,207 +0 %/);
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['a line that is no JSON', '{"resourceSpans": []}\n{"resourceSpans": [\n', /:2: /],
    ['bytes that are no protobuf', Buffer.from([0, 0, 0, 2, 0x0a, 9]), /, request 1: /],
    ['what is no recording', 'hello', /: no recording/],
  ])('%s ends it, naming the place', async (_what, content, message) => {
    const path = file('broken', content);
    const { code, out, error } = await replay(['--config', config, '--out', join(directory, 'none'), path]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(error).toMatch(new RegExp(`^tailrace: ${path}${message.source}`));
  });

  test.each([
    [['a.json'], /replay needs at least one --config/],
    [['--config', 'c.yaml'], /replay needs at least one recording/],
    [['--config', 'c.yaml', '--seed', '1.5', 'a.json'], /--seed must be a whole number of 0 or more, not 1.5/],
    [['--config', 'c.yaml', '--speed', 'fast', 'a.json'], /--speed must be a number, not "fast"/],
    [['--config', 'c.yaml', '--speed', '0', 'a.json'], /--speed must be above 0, not 0/],
  ])('%j is a wrong call', async (args, message) => {
    const { code, error } = await replay(args);
    expect(code).toBe(2);
    expect(error).toMatch(message);
  });

  test('a wrong configuration is reported as everywhere', async () => {
    const { code, error } = await replay(['--config', file('wrong.yaml', configOf('[{name: p, type: latncy}]')), recordings.trainTicket]);
    expect(code).toBe(1);
    expect(error).toMatch(/wrong\.yaml:6:\d+ processors\.tail_sampling\.policies\[0\]\.type/);
  });
});

const GOLDEN = `Replayed 5,207 spans of 67 traces, 732,822 bytes in 184 requests, 58.618s of recorded time

Kept, by policy
          traces  spans    bytes  probability
  slow         2    272   40,108            1
  some        11    744  126,021          0.2
  in all      13  1,016  166,129

Not kept, by reason
               spans
  not_sampled  4,182
  late             9

Estimated from what is kept
           true   kept  estimated   off by
  spans   5,207  1,016      3,992  -23.3 %
  traces     67     13         57  -14.9 %

Spans by service
                           true  kept  estimated   off by
  ts-order-service          659    97        245  -62.8 %
  ts-route-service          628   144        600  -4.46 %
  ts-config-service         500   130        410    -18 %
  ts-seat-service           430   107        343  -20.2 %
  ts-order-other-service    385    80        400    3.9 %
  ts-station-service        340    60        260  -23.5 %
  ts-basic-service          308    62        262  -14.9 %
  ts-price-service          240    50        210  -12.5 %
  ts-train-service          240    50        210  -12.5 %
  ts-travel-service         232    41        101  -56.5 %
  18 others               1,245   195        951  -23.6 %

Root spans by service and name
                         true  kept  estimated   off by
  ts-gateway-service /*    67    13         57  -14.9 %
`;
