import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CorsConfig } from './config.ts';

/** Headers that pages may set without being listed. */
const SAFE_HEADERS: readonly string[] = ['accept', 'content-type', 'x-requested-with'];

/** Lets web pages of the configured origins send (https://fetch.spec.whatwg.org/#http-cors-protocol). */
export class Cors {
  readonly #origins: readonly RegExp[];
  readonly #allowsAll: boolean;
  readonly #headers: ReadonlySet<string>;
  readonly #allowsAllHeaders: boolean;
  readonly #exposed: string | undefined;
  readonly #maxAge: string | undefined;

  constructor(config: CorsConfig) {
    const { allowed_origins = [], allowed_headers = [], exposed_headers = [], max_age } = config;
    this.#allowsAll = allowed_origins.includes('*');
    this.#origins = allowed_origins.map(originPattern);
    this.#allowsAllHeaders = allowed_headers.includes('*');
    this.#headers = new Set([...SAFE_HEADERS, ...allowed_headers.map((name) => name.toLowerCase())]);
    this.#exposed = exposed_headers.length === 0 ? undefined : exposed_headers.join(', ');
    this.#maxAge = max_age === undefined ? undefined : String(max_age);
  }

  /** Sets what the answer needs; true when the request was a browser's question beforehand and is answered with that. */
  apply(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (!this.#allowsAll) response.setHeader('Vary', 'Origin');
    if (origin !== undefined && this.#allows(origin)) {
      response.setHeader('Access-Control-Allow-Origin', this.#allowsAll ? '*' : origin);
      if (!this.#allowsAll) response.setHeader('Access-Control-Allow-Credentials', 'true');
      if (isPreflight) this.#allowRequest(request, response);
      else if (this.#exposed !== undefined) response.setHeader('Access-Control-Expose-Headers', this.#exposed);
    }
    if (isPreflight) response.writeHead(204).end();
    return isPreflight;
  }

  #allowRequest(request: IncomingMessage, response: ServerResponse): void {
    const asked = (request.headers['access-control-request-headers'] ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== '' && (this.#allowsAllHeaders || this.#headers.has(name)));
    response.setHeader('Access-Control-Allow-Methods', 'POST');
    if (asked.length > 0) response.setHeader('Access-Control-Allow-Headers', asked.join(', '));
    if (this.#maxAge !== undefined) response.setHeader('Access-Control-Max-Age', this.#maxAge);
  }

  #allows(origin: string): boolean {
    return this.#allowsAll || this.#origins.some((pattern) => pattern.test(origin));
  }
}

/** `https://*.example.com`, without regard to case; the star stands for one or more characters. */
function originPattern(origin: string): RegExp {
  const parts = origin.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`, 'i');
}
