import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../internal/clock.ts';
import { moveToBackup, removeOldBackups } from './backups.ts';
import type { FileExporterConfig } from './config.ts';

const MEGABYTE = 1024 * 1024;
const DEFAULT_DIRECTORY_PERMISSIONS = 0o755;

/**
 * A file that records are appended to, whole and one after the other. A record that could be written only in part is cut
 * off again, so that it may be written once more.
 */
export class RotatingFile {
  readonly #config: FileExporterConfig;
  readonly #clock: Clock;
  #handle: FileHandle | undefined;
  /** Undefined for what is no regular file (a pipe, a terminal), which has no size and cannot be cut off. */
  #size: number | undefined;
  /** Settles when all that was asked for so far is done; never rejects. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(config: FileExporterConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Rejects with what the file system says. */
  async open(): Promise<void> {
    const { path, append, rotation, create_directory: createDirectory, directory_permissions: mode } = this.#config;
    if (createDirectory) await mkdir(dirname(path), { recursive: true, mode: mode ?? DEFAULT_DIRECTORY_PERMISSIONS });
    await this.#open();
    if (!append && rotation === undefined && this.#size !== undefined) {
      await this.#handle?.truncate(0);
      this.#size = 0;
    }
  }

  /** Rejects with what the file system says; nothing of the record is in the file then. */
  write(record: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#write(record));
  }

  /** Waits for what was asked for, hands it to the disk and closes. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      const handle = this.#handle;
      this.#handle = undefined;
      if (this.#size !== undefined) await handle?.sync();
      await handle?.close();
    });
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(action);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async #write(record: Uint8Array): Promise<void> {
    if (this.#isFullFor(record)) await this.#rotate();
    const handle = this.#handle ?? (await this.#open());
    let written = 0;
    try {
      while (written < record.length) written += (await handle.write(record, written)).bytesWritten;
    } catch (error) {
      if (written > 0 && this.#size !== undefined) await handle.truncate(this.#size);
      throw error;
    }
    if (this.#size !== undefined) this.#size += record.length;
  }

  #isFullFor(record: Uint8Array): boolean {
    const { rotation } = this.#config;
    if (rotation === undefined || this.#size === undefined || this.#size === 0) return false;
    return this.#size + record.length > rotation.max_megabytes * MEGABYTE;
  }

  async #rotate(): Promise<void> {
    const { path, rotation } = this.#config;
    if (rotation === undefined) return;
    await this.#handle?.close();
    this.#handle = undefined;
    await moveToBackup(path, rotation, this.#clock.now());
    await this.#open();
    await removeOldBackups(path, rotation, this.#clock.now());
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#config.path, 'a');
    this.#handle = handle;
    const stats = await handle.stat();
    this.#size = stats.isFile() ? stats.size : undefined;
    return handle;
  }
}
