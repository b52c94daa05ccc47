import { builtMain } from '../../test/support/project.ts';
import { SamplerServer, type SamplerOptions } from './sampler-server.ts';

export interface TailraceOptions extends Pick<SamplerOptions, 'backendPort' | 'decisionWaitSeconds' | 'decisionCache'> {
  readonly nodeArgs?: readonly string[];
}

/** The built program. */
export function startTailrace({ nodeArgs = [], ...options }: TailraceOptions): Promise<SamplerServer> {
  return SamplerServer.start({ ...options, name: 'Tailrace', command: [process.execPath, ...nodeArgs, builtMain] });
}
