import { startTailrace } from '../server/tailrace.ts';
import type { SamplerServer } from '../server/sampler-server.ts';
import { startCollector } from './collector.ts';

export const CONTENDERS = ['Tailrace', 'Collector, tuned', 'Collector, default'] as const;
export type Contender = (typeof CONTENDERS)[number];

export function startContender(name: Contender, backendPort: number, decisionWaitSeconds: number): Promise<SamplerServer> {
  const options = { backendPort, decisionWaitSeconds };
  switch (name) {
    case 'Tailrace':
      return startTailrace(options);
    case 'Collector, tuned':
      return startCollector('tuned', options);
    case 'Collector, default':
      return startCollector('default', options);
  }
}
