import { beforeAll, expect, test } from 'vitest';
import { H2specMissing, buildH2spec, run } from './h2spec.ts';
import { serveHttp2 } from './serve-http2.ts';

const BUILD_MS = 300_000;
const CASES = 146;

let h2spec: string | undefined;
beforeAll(async () => {
  try {
    h2spec = await buildH2spec();
  } catch (error) {
    if (!(error instanceof H2specMissing)) throw error;
    process.stderr.write(`NOT HELD against h2spec: ${error.message}\n`);
  }
}, BUILD_MS);

// https://github.com/summerwind/h2spec, its strict cases with it.
test('every case of h2spec', async (context) => {
  if (h2spec === undefined) return context.skip('there is no h2spec');
  const { port } = await serveHttp2({ windowBytes: 2 ** 24, maxConcurrentStreams: 100, answer: (request) => request.respond(Buffer.from('12345')) });
  const { status, output } = await run(h2spec, ['--strict', '--host', '127.0.0.1', '--port', String(port)]);
  expect(output).toContain(`${CASES} tests, ${CASES} passed, 0 skipped, 0 failed`);
  expect(status).toBe(0);
});
