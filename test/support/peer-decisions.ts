import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { projectRoot } from './project.ts';

/** A configuration, the traces sent through it and what the Collector made of them; test/data/peer-decisions/README.md. */
export interface PeerCase {
  readonly name: string;
  readonly type: string;
  /** JSON as recorded: numbers of 64 bits would not survive being read. */
  readonly policies: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly requests: readonly { readonly bytes: Uint8Array; readonly phase: number }[];
  readonly traces: readonly PeerTrace[];
  readonly counts: Readonly<Record<string, { readonly Min: number; readonly Max: number }>>;
}

export interface PeerTrace {
  readonly id: string;
  /** Forwarded or not; of the traces of a group only how many were is known. */
  readonly wanted: 'forwarded' | 'not forwarded' | { readonly group: string };
}

interface RecordedCase {
  readonly Name: string;
  readonly Type: string;
  readonly Opts?: Readonly<Record<string, unknown>>;
  readonly Reqs: readonly { readonly Otlp: string; readonly Phase?: number }[];
  readonly Traces: readonly { readonly ID: string; readonly Want: string; readonly Group?: string }[];
  readonly Counts?: PeerCase['counts'];
}

export function loadPeerCases(): readonly PeerCase[] {
  return gunzipSync(readFileSync(join(projectRoot, 'test/data/peer-decisions/decisions.jsonl.gz')))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(parseCase);
}

function parseCase(line: string): PeerCase {
  const recorded = JSON.parse(line) as RecordedCase;
  const policies = /"Policies":(\[.*?\]),"(?:Opts|Reqs)":/.exec(line)?.[1];
  if (policies === undefined) throw new Error(`${recorded.Name} has no policies`);
  return {
    name: recorded.Name,
    type: recorded.Type,
    policies,
    options: recorded.Opts ?? {},
    requests: recorded.Reqs.map(({ Otlp, Phase = 0 }) => ({ bytes: Buffer.from(Otlp, 'base64'), phase: Phase })),
    traces: recorded.Traces.map(({ ID, Want, Group }) => ({ id: ID, wanted: wantedOf(Want, Group) })),
    counts: recorded.Counts ?? {},
  };
}

function wantedOf(want: string, group: string | undefined): PeerTrace['wanted'] {
  if (want === 'S') return 'forwarded';
  if (want === 'N') return 'not forwarded';
  if (group === undefined) throw new Error(`a trace is wanted neither forwarded nor not: ${want}`);
  return { group };
}
