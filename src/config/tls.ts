import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { SecureContextOptions, SecureVersion } from 'node:tls';
import { z } from 'zod';
import { messageOf } from '../internal/message-of.ts';
import { crossField } from './cross-field.ts';
import { cipherSuite } from './cipher-suites.ts';
import { text } from './fields.ts';
import { unsupportedKeys } from './removed-keys.ts';

/**
 * The `tls` blocks of the Collector, for who connects and for who listens.
 * https://github.com/open-telemetry/opentelemetry-collector/tree/main/config/configtls
 */

const VERSIONS: Readonly<Record<'1.0' | '1.1' | '1.2' | '1.3', SecureVersion>> = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
};

/** YAML reads an unquoted 1.2 as a number. */
const version = z.preprocess((value) => (typeof value === 'number' ? value.toFixed(1) : value), z.enum(['1.0', '1.1', '1.2', '1.3']));

const common = {
  ca_file: z.string().optional().describe('PEM file with the certificates that the other side is verified against; absent: the public ones'),
  ca_pem: text.optional().describe('The same as text instead of a file'),
  include_system_ca_certs_pool: z.boolean().default(false).describe('Trust the public certificate authorities beside `ca_file`'),
  cert_file: z.string().optional().describe('PEM file with the own certificate and its chain'),
  cert_pem: text.optional().describe('The same as text instead of a file'),
  key_file: z.string().optional().describe('PEM file with the private key of the own certificate'),
  key_pem: text.optional().describe('The same as text instead of a file'),
  min_version: version.default('1.2').describe('Oldest version of TLS that is accepted'),
  max_version: version.optional().describe('Newest version of TLS that is accepted'),
  cipher_suites: z.array(cipherSuite).default([]).describe('Cipher suites that are accepted, by their standard names; empty: those that Node.js holds safe. TLS 1.3 keeps its own'),
};

const NOT_SUPPORTED = {
  curve_preferences: 'the curves are those that Node.js prefers',
  reload_interval: 'certificates are read at start; restart after they have changed',
  tpm: 'keys are read from files or given as text',
};

type CommonTls = z.output<z.ZodObject<typeof common>>;

type Check = z.core.$ZodCheck<CommonTls>;

const commonChecks: readonly Check[] = [
  ...(['ca', 'cert', 'key'] as const).map((name): Check =>
    crossField([`${name}_file`, `${name}_pem`], (config, context) => {
      if (config[`${name}_file`] === undefined || config[`${name}_pem`] === undefined) return;
      context.addIssue({ code: 'custom', path: [`${name}_pem`], message: `${name}_file is given too: write one of them` });
    }),
  ),
  crossField(['cert_file', 'cert_pem', 'key_file', 'key_pem'], (config, context) => {
    const hasCert = config.cert_file !== undefined || config.cert_pem !== undefined;
    const hasKey = config.key_file !== undefined || config.key_pem !== undefined;
    if (hasCert === hasKey) return;
    const [given, missing] = hasCert ? ['certificate', 'key_file'] : ['key', 'cert_file'];
    context.addIssue({ code: 'custom', message: `a ${given} alone is of no use: write ${missing} too` });
  }),
  crossField(['min_version', 'max_version'], ({ min_version: min, max_version: max }, context) => {
    if (max === undefined || max >= min) return;
    context.addIssue({ code: 'custom', path: ['max_version'], message: `${max} is older than min_version ${min}` });
  }),
];

export const clientTls = z
  .strictObject({
    insecure: z.boolean().default(false).describe('Connect without TLS'),
    insecure_skip_verify: z.boolean().default(false).describe('Use TLS and do not verify who answers'),
    server_name_override: z.string().optional().describe('Name to ask for and to verify instead of the host of the endpoint'),
    ...common,
  })
  .check(...commonChecks)
  .register(unsupportedKeys, NOT_SUPPORTED);

export const serverTls = z
  .strictObject({
    client_ca_file: z
      .string()
      .optional()
      .describe('PEM file with the certificates that clients are verified against; given: who has none of these is refused'),
    ...common,
  })
  .check(...commonChecks)
  .check(
    crossField(['cert_file', 'cert_pem'], ({ cert_file, cert_pem }, context) => {
      if (cert_file !== undefined || cert_pem !== undefined) return;
      context.addIssue({ code: 'custom', message: 'who listens with TLS needs a certificate: write cert_file and key_file' });
    }),
  )
  .register(unsupportedKeys, {
    ...NOT_SUPPORTED,
    client_ca_file_reload: 'certificates are read at start; restart after they have changed',
  });

export type ClientTlsConfig = z.output<typeof clientTls>;
export type ServerTlsConfig = z.output<typeof serverTls>;

/** What `tls.connect`, `https.Agent` and `tls.createSecureContext` take. */
export interface ClientTls {
  readonly context: SecureContextOptions;
  /** Undefined: the host that is connected to. */
  readonly serverName: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/** What `tls.createServer` takes; `ca` in the context is what clients are verified against. */
export interface ServerTls {
  readonly context: SecureContextOptions;
  readonly requestCert: boolean;
}

/**
 * Reads the files of a client's `tls` block; undefined where it says `insecure` and names no authority, as in the
 * Collector.
 *
 * @throws Error that names the key and the file which cannot be read or does not hold what it should
 */
export function loadClientTls(config: ClientTlsConfig): ClientTls | undefined {
  if (config.insecure && config.ca_file === undefined && config.ca_pem === undefined) return undefined;
  const ca = readPem('ca_file', config.ca_file, config.ca_pem);
  const trusted = ca !== undefined && config.include_system_ca_certs_pool ? [ca, ...rootCertificates] : ca;
  return {
    context: checkedContext({ ...commonContext(config), ...(trusted === undefined ? {} : { ca: trusted }) }),
    serverName: config.server_name_override,
    rejectUnauthorized: !config.insecure_skip_verify,
  };
}

/** Reads the files of a server's `tls` block; see `loadClientTls`. */
export function loadServerTls(config: ServerTlsConfig): ServerTls {
  const clientCa = readPem('client_ca_file', config.client_ca_file, undefined);
  return {
    context: checkedContext({ ...commonContext(config), ...(clientCa === undefined ? {} : { ca: clientCa }) }),
    requestCert: clientCa !== undefined,
  };
}

function commonContext(config: CommonTls): SecureContextOptions {
  const cert = readPem('cert_file', config.cert_file, config.cert_pem);
  const key = readPem('key_file', config.key_file, config.key_pem);
  return {
    minVersion: VERSIONS[config.min_version],
    ...(config.cipher_suites.length === 0 ? {} : { ciphers: config.cipher_suites.join(':') }),
    ...(config.max_version === undefined ? {} : { maxVersion: VERSIONS[config.max_version] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function readPem(key: string, path: string | undefined, pem: string | undefined): Buffer | undefined {
  if (path === undefined || path === '') return pem === undefined ? undefined : Buffer.from(pem);
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new Error(`tls.${key}: cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  if (!content.includes('-----BEGIN ')) throw new Error(`tls.${key}: ${path} holds no PEM text (no line "-----BEGIN …")`);
  return content;
}

/** Makes mistakes in the files show at start and not at the first connection. */
function checkedContext(context: SecureContextOptions): SecureContextOptions {
  try {
    createSecureContext(context);
  } catch (error) {
    throw new Error(`tls: the certificate, its key and the versions do not make a context: ${messageOf(error)}`, { cause: error });
  }
  return context;
}
