import type { Clock } from '../../internal/clock.ts';
import type { FileExporterConfig } from './config.ts';
import { RotatingFile } from './rotating-file.ts';

/** By the configuration that they were made for, which an exporter's three signals have in common. */
const files = new WeakMap<FileExporterConfig, SharedFile>();

/** One open file for the traces, metrics and logs of one exporter: opened by the first, closed by the last. */
export class SharedFile {
  readonly #file: RotatingFile;
  #users = 0;
  #opened: Promise<void> | undefined;

  private constructor(file: RotatingFile) {
    this.#file = file;
  }

  static for(config: FileExporterConfig, clock: Clock): SharedFile {
    let file = files.get(config);
    if (file === undefined) {
      file = new SharedFile(new RotatingFile(config, clock));
      files.set(config, file);
    }
    return file;
  }

  open(): Promise<void> {
    this.#users++;
    this.#opened ??= this.#file.open();
    return this.#opened;
  }

  write(record: Uint8Array): Promise<void> {
    return this.#file.write(record);
  }

  /** Called once for each `open`. */
  async close(): Promise<void> {
    this.#users--;
    if (this.#users > 0) return;
    this.#opened = undefined;
    await this.#file.close();
  }
}
