import type { Agent, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Enough for every OTLP answer; a backend that says more is not listened to. */
const MAX_RESPONSE_BYTES = 64 * 1024;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Cut off after 64 KiB. */
  readonly body: Buffer;
}

/**
 * One POST, redirects not followed. Rejects with what the socket or `signal` says.
 */
export async function post(url: URL, body: Uint8Array, headers: Readonly<Record<string, string>>, agent: Agent, signal: AbortSignal): Promise<Answer> {
  try {
    return await postOnce(url, body, headers, agent, signal);
  } catch (error) {
    // The backend closed an idle connection while we took it up again: nothing is wrong with it.
    // https://nodejs.org/api/http.html#requestreusedsocket
    if (error instanceof StaleConnection) return postOnce(url, body, headers, agent, signal);
    throw error;
  }
}

class StaleConnection extends Error {}

function postOnce(url: URL, body: Uint8Array, headers: Readonly<Record<string, string>>, agent: Agent, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(url, { method: 'POST', agent, signal, headers: { ...headers, 'content-length': body.length } }, (response) => {
      readBody(response).then((read) => {
        // What of an early answer's request is still to be sent may change now: it must never be read as one that was taken.
        if (!outgoing.writableFinished) outgoing.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read });
      }, reject);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new StaleConnection('closed by the backend', { cause: error }) : error);
    });
    outgoing.end(body);
  });
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop destroys the connection, and with it the rest of the answer.
    if (size > MAX_RESPONSE_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_RESPONSE_BYTES);
}
