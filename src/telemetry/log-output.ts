import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DestinationStream } from 'pino';
import { pino } from 'pino';
import { messageOf } from '../internal/message-of.ts';

const STANDARD: Readonly<Record<string, number>> = { stdout: 1, stderr: 2 };

/** Where lines go. Each is written before `write` returns, so that none is lost when the process ends. */
export interface LogOutput extends DestinationStream {
  /** Closes what was opened; the standard streams stay. */
  close(): void;
}

/** @throws Error that names the path which cannot be opened */
export function openLogOutput(paths: readonly string[]): LogOutput {
  const files = paths.map((path, i) => {
    const standard = STANDARD[path];
    return { isOwn: standard === undefined, stream: pino.destination({ dest: standard ?? openFile(path, i), sync: true }) };
  });
  return {
    write: (line) => {
      for (const { stream } of files) stream.write(line);
    },
    close: () => {
      for (const { isOwn, stream } of files) if (isOwn) stream.end();
    },
  };
}

function openFile(path: string, index: number): number {
  try {
    return openSync(path.startsWith('file://') ? fileURLToPath(path) : path, 'a');
  } catch (cause) {
    const reason = messageOf(cause);
    throw new Error(`logs.output_paths[${index}]: cannot append to ${path}: ${reason}`, { cause });
  }
}

interface LogLine {
  readonly ts: string;
  readonly level: string;
  readonly msg: string;
}

/** Turns pino's objects into lines of columns: time, level, message, fields. */
export function consoleLines(output: DestinationStream): DestinationStream {
  return {
    write: (json) => {
      const { ts, level, msg, ...fields } = JSON.parse(json) as LogLine;
      const columns = [ts, level, inOneLine(msg), ...(Object.keys(fields).length === 0 ? [] : [JSON.stringify(fields)])];
      output.write(`${columns.join('\t')}\n`);
    },
  };
}

/** Messages may quote what came from outside: it must not break out of its line or reach a terminal as a command. */
function inOneLine(message: string): string {
  return message.replaceAll(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
}
