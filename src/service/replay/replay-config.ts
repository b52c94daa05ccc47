import { z } from 'zod';
import type { Component } from '../../component/component.ts';
import type { AnyFactory, ProcessorFactory, ReceiverFactory } from '../../component/factory.ts';
import type { ConfiguredComponent, PipelineConfig } from '../../config/config.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import { factory as fileExporter } from '../../exporter/file/factory.ts';
import { factory as memoryLimiter } from '../../processor/memory-limiter/factory.ts';
import type { PipelinesConfig } from '../graph.ts';
import type { ServiceConfig } from '../registry.ts';
import type { ServiceTelemetry } from '../service.ts';

const RECEIVER_ID = 'replay';
const OUTPUT_ID = 'replay_output';
const FILE_ID = 'file/replay';

/** What stands at both ends of the processors in a replay. */
export interface ReplayEnds {
  /** Is handed the first processor. */
  input(head: Consumer): void;
  /** What stands behind the last one, and before `next`, the exporters. */
  output(next: Consumer): Component & Consumer;
}

/**
 * One traces pipeline of a configuration as it is replayed: no receivers, no extensions; no memory limiter either, since
 * here nobody is sending whom it could hold back. With `outFile` that is the exporter.
 *
 * @throws Error where it is not clear which pipeline is meant
 */
export function replayConfig(config: ServiceConfig, pipelineId: string | undefined, outFile: string | undefined, ends: ReplayEnds): PipelinesConfig {
  const pipeline = tracesPipeline(config, pipelineId);
  const processors = pipeline.processors.filter((id) => config.processors.get(id)?.type.type !== memoryLimiter.type);
  return {
    receivers: new Map([[RECEIVER_ID, { id: RECEIVER_ID, type: receiver(ends), config: undefined }]]),
    processors: new Map([...config.processors, [OUTPUT_ID, { id: OUTPUT_ID, type: output(ends), config: undefined }]]),
    exporters: outFile === undefined ? config.exporters : new Map([[FILE_ID, toFile(outFile)]]),
    extensions: new Map(),
    pipelines: [
      {
        id: pipeline.id,
        signal: 'traces',
        receivers: [RECEIVER_ID],
        processors: [...processors, OUTPUT_ID],
        exporters: outFile === undefined ? pipeline.exporters : [FILE_ID],
      },
    ],
  };
}

function tracesPipeline({ pipelines }: ServiceConfig, wanted: string | undefined): PipelineConfig {
  const ofTraces = pipelines.filter(({ signal }) => signal === 'traces');
  const names = ofTraces.map(({ id }) => id).join(', ');
  if (wanted !== undefined) {
    const found = ofTraces.find(({ id }) => id === wanted);
    if (found === undefined) throw new Error(`there is no traces pipeline "${wanted}"${names === '' ? '' : `, only ${names}`}`);
    return found;
  }
  const [only, ...others] = ofTraces;
  if (only === undefined) throw new Error('the configuration has no traces pipeline');
  if (others.length > 0) throw new Error(`there are several traces pipelines, say which with --pipeline: ${names}`);
  return only;
}

const NOTHING = z.unknown();

function receiver(ends: ReplayEnds): ReceiverFactory<unknown> {
  return {
    kind: 'receiver',
    type: RECEIVER_ID,
    aliases: [],
    schema: NOTHING,
    metrics: {},
    signals: ['traces'],
    create(_config, _settings, { traces }) {
      if (traces === undefined) throw new Error('a replay has one pipeline');
      ends.input(traces);
      return IDLE;
    },
  };
}

function output(ends: ReplayEnds): ProcessorFactory<unknown> {
  return {
    kind: 'processor',
    type: OUTPUT_ID,
    aliases: [],
    schema: NOTHING,
    metrics: {},
    signals: ['traces'],
    create: (_config, _settings, next) => ends.output(next),
  };
}

function toFile(path: string): ConfiguredComponent<Extract<AnyFactory, { kind: 'exporter' }>> {
  return { id: FILE_ID, type: fileExporter, config: fileExporter.schema.parse({ path }) };
}

/** Has no life of its own. */
export const IDLE: ServiceTelemetry = {
  start: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
  addresses: () => ({}),
  refuseOwnReceivers: () => {},
};
