import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { clientTls, loadClientTls, loadServerTls, serverTls } from '../../src/config/tls.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../data/tls/${name}`, import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'tailrace-tls-'));
afterAll(() => rmSync(directory, { recursive: true }));

function issues(schema: typeof clientTls | typeof serverTls, input: unknown): string[] {
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('clientTls', () => {
  test.each([
    ['a key without its certificate', { key_file: 'k' }, [': a key alone is of no use: write cert_file too']],
    ['a certificate without its key', { cert_pem: 'c' }, [': a certificate alone is of no use: write key_file too']],
    ['a file and a text', { ca_file: 'f', ca_pem: 'p' }, ['ca_pem: ca_file is given too: write one of them']],
    ['versions the wrong way round', { min_version: '1.3', max_version: '1.2' }, ['max_version: 1.2 is older than min_version 1.3']],
  ])('refuses %s', (_, input, expected) => {
    expect(issues(clientTls, input)).toEqual(expected);
  });

  test.each(['reload_interval', 'curve_preferences', 'insecure_skip_verfy'])('refuses the key %s', (key) => {
    expect(issues(clientTls, { [key]: '1h' })).toHaveLength(1);
  });

  test('refuses a cipher suite that nobody knows', () => {
    expect(issues(clientTls, { cipher_suites: ['TLS_AES_128_GCM_SHA256', 'HIGH', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265'] })).toEqual([
      expect.stringMatching(/^cipher_suites\.1: "HIGH" is no cipher suite that is held safe: write one of TLS_AES_128_GCM_SHA256, /),
      expect.stringMatching(/^cipher_suites\.2: .*did you mean TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\?$/),
    ]);
  });

  test('reads an unquoted version', () => {
    expect(clientTls.parse({ min_version: 1.3 }).min_version).toBe('1.3');
  });
});

describe('loadClientTls', () => {
  test('gives nothing where no TLS is wanted, unless an authority is named', () => {
    expect(loadClientTls(clientTls.parse({ insecure: true }))).toBeUndefined();
    expect(loadClientTls(clientTls.parse({ insecure: true, ca_file: fixture('ca.crt') }))).toBeDefined();
  });

  test('reads the files', () => {
    const config = { ca_file: fixture('ca.crt'), cert_file: fixture('client.crt'), key_file: fixture('client.key') };
    const tls = loadClientTls(clientTls.parse({ ...config, server_name_override: 'backend.test', insecure_skip_verify: true }));
    expect(tls).toMatchObject({ serverName: 'backend.test', rejectUnauthorized: false, context: { minVersion: 'TLSv1.2' } });
    expect(tls?.context.key).toEqual(readFileSync(fixture('client.key')));
  });

  test('adds the public authorities when asked to', () => {
    const tls = loadClientTls(clientTls.parse({ ca_file: fixture('ca.crt'), include_system_ca_certs_pool: true }));
    expect(tls?.context.ca).toEqual([readFileSync(fixture('ca.crt')), ...rootCertificates]);
  });

  test('names the key and the file that cannot be read', () => {
    expect(() => loadClientTls(clientTls.parse({ ca_file: '/nowhere/ca.crt' }))).toThrow(/^tls\.ca_file: cannot read \/nowhere\/ca\.crt: ENOENT/);
    const path = join(directory, 'not.pem');
    writeFileSync(path, 'hello');
    expect(() => loadClientTls(clientTls.parse({ ca_file: path }))).toThrow(`tls.ca_file: ${path} holds no PEM text`);
  });

  test('fails at once for a key that belongs to another certificate', () => {
    const config = clientTls.parse({ cert_file: fixture('client.crt'), key_file: fixture('server.key') });
    expect(() => loadClientTls(config)).toThrow(/^tls: the certificate, its key and the versions do not make a context/);
  });
});

describe('cipher suites', () => {
  const own = { cert_file: fixture('server.crt'), key_file: fixture('server.key') };

  /** What both sides agree on, or why they do not. */
  async function agreed(server: object, client: object): Promise<string> {
    const listening = createServer({ ...loadServerTls(serverTls.parse({ ...own, ...server })).context });
    listening.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const { port } = listening.address() as AddressInfo;
    const tls = loadClientTls(clientTls.parse({ insecure_skip_verify: true, ...client }));
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect({ ...tls?.context, port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(socket.getCipher().standardName);
        socket.destroy();
      });
      socket.on('error', (error) => resolve(error.message));
    });
    await new Promise((resolve) => listening.close(resolve));
    return outcome;
  }

  const NAMES = (['ECDSA', 'RSA'] as const).flatMap((key) =>
    ['AES_128_CBC_SHA', 'AES_256_CBC_SHA', 'AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'].map((cipher) => `TLS_ECDHE_${key}_WITH_${cipher}`),
  );

  test.each(NAMES)('%s makes a context', (name) => {
    expect(loadServerTls(serverTls.parse({ ...own, cipher_suites: [name] })).context.ciphers).toMatch(/^ECDHE-/);
  });

  test.each([
    ['the one of the client', {}, { cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'], max_version: '1.2' }, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
    ['the one of the server', { cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'], max_version: '1.2' }, {}, 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'],
    ['one of TLS 1.3, which has its own', { cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] }, {}, /^TLS_(?:AES|CHACHA20)_/],
    ['the one of TLS 1.3 that is listed', {}, { cipher_suites: ['TLS_CHACHA20_POLY1305_SHA256'] }, 'TLS_CHACHA20_POLY1305_SHA256'],
    [
      'none where there is none in common',
      { cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], max_version: '1.2' },
      { cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'], max_version: '1.2' },
      /handshake failure/,
    ],
  ])('both sides agree on %s', async (_, server, client, expected) => {
    expect(await agreed(server, client)).toMatch(expected);
  });
});

describe('serverTls', () => {
  const own = { cert_file: fixture('server.crt'), key_file: fixture('server.key') };

  test('needs a certificate', () => {
    expect(issues(serverTls, {})).toEqual([': who listens with TLS needs a certificate: write cert_file and key_file']);
  });

  test('asks clients for a certificate when it knows an authority for them', () => {
    expect(loadServerTls(serverTls.parse(own)).requestCert).toBe(false);
    const tls = loadServerTls(serverTls.parse({ ...own, client_ca_file: fixture('ca.crt') }));
    expect(tls.requestCert).toBe(true);
    expect(tls.context.ca).toEqual(readFileSync(fixture('ca.crt')));
  });
});
