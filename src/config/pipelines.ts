import { z } from 'zod';
import { nearest } from '../internal/nearest.ts';
import { SECTIONS, withArticle } from './components.ts';
import type { ComponentKind, ComponentType, PipelineConfig, PipelineSignal } from './config.ts';
import type { ConfigReader } from './config-reader.ts';

const SIGNALS: readonly PipelineSignal[] = ['traces', 'metrics', 'logs'];

export const pipelineSchema = z.strictObject({
  receivers: z.array(z.string()).min(1, 'must name at least one receiver').describe('Where the data comes from: ids under `receivers`.'),
  processors: z.array(z.string()).prefault([]).describe('What the data goes through, in this order: ids under `processors`. Each pipeline gets instances of its own.'),
  exporters: z.array(z.string()).min(1, 'must name at least one exporter').describe('Where the data goes to, each of them: ids under `exporters`.'),
});

/** The components that are declared, by kind and id. */
export type Declared = Readonly<Record<ComponentKind, ReadonlyMap<string, ComponentType>>>;

/** Reads `service.pipelines`; all that its pipelines name is looked up. */
export function readPipelines(reader: ConfigReader, declared: Declared): readonly PipelineConfig[] {
  const path = ['service', 'pipelines'];
  const pipelines: PipelineConfig[] = [];
  const ids = reader.keys(path);
  if (ids.length === 0) reader.report(path, 'value', 'at least one pipeline is required, as traces: {receivers: [otlp], exporters: [debug]}');
  for (const id of ids) {
    const [signalName = '', name] = id.split('/', 2);
    const signal = SIGNALS.find((candidate) => candidate === signalName);
    if (signal === undefined || name === '') {
      const meant = nearest(signalName, SIGNALS);
      reader.report([...path, id], 'key', `"${id}" is no pipeline: its id is traces, metrics or logs, or one of them with /name${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`);
    }
    const pipeline = reader.read([...path, id], pipelineSchema);
    if (pipeline === undefined) continue;
    for (const kind of ['receiver', 'processor', 'exporter'] as const) {
      checkReferences(reader, [...path, id, SECTIONS[kind]], pipeline[`${kind}s`], kind, declared, signal);
    }
    if (signal === undefined) continue;
    const { receivers, processors, exporters } = pipeline;
    pipelines.push({ id, signal, receivers: unique(receivers), processors, exporters: unique(exporters) });
  }
  return pipelines;
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

/** @param signal what the components have to take; undefined where they stand in no pipeline */
export function checkReferences(
  reader: ConfigReader,
  path: readonly string[],
  ids: readonly string[],
  kind: ComponentKind,
  declared: Declared,
  signal: PipelineSignal | undefined,
): void {
  for (const [index, id] of ids.entries()) {
    const at = [...path, index];
    const type = declared[kind].get(id);
    if (type === undefined && reader.isUnreadable([SECTIONS[kind]])) continue;
    if (type === undefined) reader.report(at, 'value', describeUndeclared(reader, id, kind, declared));
    // The order of processors counts, so twice is a mistake; of the others the Collector takes no notice.
    else if (kind === 'processor' && ids.indexOf(id) < index) reader.report(at, 'value', `processor "${id}" is already in this list`);
    else if (signal !== undefined && type.signals?.includes(signal) === false) {
      reader.report(at, 'value', `${kind} "${id}" does not take ${signal}, only ${type.signals.join(' and ')}`);
    }
  }
}

function describeUndeclared(reader: ConfigReader, id: string, kind: ComponentKind, declared: Declared): string {
  const section = SECTIONS[kind];
  if (reader.keys(['connectors']).includes(id)) return `"${id}" is a connector, and Tailrace has none yet`;
  // A block of an unknown type is reported where it stands.
  if (reader.keys([section]).includes(id)) return `${kind} "${id}" cannot be used: its type is not known`;
  const otherKind = (Object.keys(SECTIONS) as ComponentKind[]).find((candidate) => declared[candidate].has(id));
  if (otherKind !== undefined) return `"${id}" is ${withArticle(otherKind)}, not ${withArticle(kind)}`;
  const meant = nearest(id, declared[kind].keys());
  if (meant !== undefined) return `${kind} "${id}" is not defined under "${section}" (did you mean "${meant}"?)`;
  const known = [...declared[kind].keys()];
  return `${kind} "${id}" is not defined under "${section}"${known.length === 0 ? '' : `, which has ${known.join(', ')}`}`;
}
