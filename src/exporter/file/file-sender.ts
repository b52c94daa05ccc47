import { ConsumeError } from '../../consumer/consume-error.ts';
import type { Clock } from '../../internal/clock.ts';
import { messageOf } from '../../internal/message-of.ts';
import { zstdCompress } from '../../internal/zstd.ts';
import { requestToJson } from '../../pdata/json/request-json.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { encodedBy } from '../helper/encoding-error.ts';
import type { Sender, SendResult } from '../helper/sender.ts';
import { TAKEN } from '../helper/sender.ts';
import type { FileExporterConfig } from './config.ts';
import { SharedFile } from './shared-file.ts';

/**
 * Appends each request to a file as one record:
 *
 * ```
 *  json                   { … } \n
 *  proto, or compressed   length: 4 bytes, big endian | request
 * ```
 */
export class FileSender implements Sender {
  readonly destination: string;
  readonly #config: FileExporterConfig;
  readonly #file: SharedFile;
  #isOpen = false;

  constructor(config: FileExporterConfig, clock: Clock) {
    this.destination = config.path;
    this.#config = config;
    this.#file = SharedFile.for(config, clock);
  }

  async start(): Promise<void> {
    this.#isOpen = true;
    try {
      await this.#file.open();
    } catch (error) {
      throw new Error(`cannot write to ${this.#config.path}: ${messageOf(error)}`, { cause: error });
    }
  }

  async send(request: ExportRequest): Promise<SendResult> {
    const record = await this.#recordOf(request);
    try {
      await this.#file.write(record);
    } catch (error) {
      throw new ConsumeError('unavailable', `cannot write to ${this.#config.path}: ${messageOf(error)}`, { cause: error });
    }
    return TAKEN;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close();
  }

  async #recordOf({ signal, bytes }: ExportRequest): Promise<Uint8Array> {
    const { format, compression } = this.#config;
    if (format === 'json' && compression !== 'zstd') return encodedBy(() => Buffer.from(`${requestToJson(signal, bytes)}\n`));
    const encoded = format === 'json' ? encodedBy(() => Buffer.from(requestToJson(signal, bytes))) : bytes;
    if (compression !== 'zstd') return lengthPrefixed(encoded);
    if (zstdCompress === undefined) throw new ConsumeError('internal', 'zstd needs Node.js 22.15 or newer');
    return lengthPrefixed(await zstdCompress(encoded));
  }
}

function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  const record = Buffer.allocUnsafe(4 + bytes.length);
  record.writeUInt32BE(bytes.length);
  record.set(bytes, 4);
  return record;
}
