import { access, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import type { RotationConfig } from './config.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const STAMP = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}$/;

/** Moves the file away as `name-2022-09-14T05-02-14.173.ext`, the name that the Collector gives it. */
export async function moveToBackup(path: string, { localtime }: RotationConfig, nowMs: number): Promise<void> {
  let atMs = nowMs;
  while (await exists(backupPath(path, stamp(atMs, localtime)))) atMs++;
  await rename(path, backupPath(path, stamp(atMs, localtime)));
}

/** Removes the backups of a file that are too many or too old. Other files of the directory are not touched. */
export async function removeOldBackups(path: string, rotation: RotationConfig, nowMs: number): Promise<void> {
  const { max_backups: maxBackups, max_days: maxDays, localtime } = rotation;
  const { name, ext } = parse(path);
  const stamps = (await readdir(dirname(path)))
    .filter((file) => file.startsWith(`${name}-`) && file.endsWith(ext))
    .map((file) => file.slice(name.length + 1, file.length - ext.length))
    .filter((text) => STAMP.test(text))
    .sort()
    .reverse();
  // Stamps sort as the times do.
  const oldest = maxDays === 0 ? '' : stamp(nowMs - maxDays * DAY_MS, localtime);
  const removed = stamps.filter((text, i) => (maxBackups > 0 && i >= maxBackups) || text < oldest);
  for (const text of removed) await rm(backupPath(path, text), { force: true });
}

function backupPath(path: string, text: string): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${text}${ext}`);
}

/** `2022-09-14T05-02-14.173` */
function stamp(atMs: number, localtime: boolean): string {
  const offsetMs = localtime ? new Date(atMs).getTimezoneOffset() * 60_000 : 0;
  return new Date(atMs - offsetMs).toISOString().slice(0, -1).replaceAll(':', '-');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
