import { serverCore } from '../support/cores.ts';
import { WorkerProcess } from '../support/worker-process.ts';

/** Runs one case in a process of its own, so that no other case has shaped its heap or its compiled code. */
export async function runCase<Result>(script: string, options: object): Promise<Result> {
  const nodeArgs = ['--expose-gc', '--max-old-space-size=8192'];
  const worker = WorkerProcess.start<never, Result>(`cases/${script}`, serverCore, { nodeArgs, args: [JSON.stringify(options)] });
  try {
    return await worker.next();
  } finally {
    await worker.stop();
  }
}
