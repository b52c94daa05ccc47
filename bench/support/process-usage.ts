import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** What a process has used so far, of all its threads, as the system counts it. */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** Linux counts in ticks of this length for everybody (`sysconf(_SC_CLK_TCK)`). */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat after the name, which may itself contain spaces: proc(5) numbers them from 3. */
const UTIME = 14 - 3;
const STIME = 15 - 3;

export function usageOf(pid: number): ProcessUsage {
  return existsSync(`/proc/${pid}/stat`) ? usageFromProc(pid) : usageFromPs(pid);
}

function usageFromProc(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND,
    residentBytes: Number(resident) * 1024,
  };
}

/** `[[days-]hours:]minutes:seconds` and KiB, on every Unix. */
function usageFromPs(pid: number): ProcessUsage {
  const [time = '', resident] = execFileSync('ps', ['-o', 'time=,rss=', '-p', String(pid)], { encoding: 'utf8' }).trim().split(/\s+/);
  const [clock = '', days = '0'] = time.split('-').reverse();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuSeconds: Number(days) * 86_400 + seconds, residentBytes: Number(resident) * 1024 };
}
