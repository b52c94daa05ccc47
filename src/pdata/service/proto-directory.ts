import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the wire definitions: `proto` in the nearest folder above this file that has one, from source and built. */
export const protoDirectory: string = findProtoDirectory(dirname(fileURLToPath(import.meta.url)));

function findProtoDirectory(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'proto');
    if (existsSync(join(candidate, 'opentelemetry'))) return candidate;
    if (directory === dirname(directory)) throw new Error(`no folder "proto" with the OTLP definitions above ${from}`);
  }
}
