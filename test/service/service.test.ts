import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { AnyFactory } from '../../src/component/factory.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';
import type { Signal } from '../../src/pdata/otlp/signal.ts';
import type { ServiceTelemetry } from '../../src/service/service.ts';
import { Service } from '../../src/service/service.ts';
import { ShutdownDeadline } from '../../src/service/shutdown-deadline.ts';
import { ExampleEnvironment } from '../config/example-registry.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noDeadline, testSettings } from '../support/settings.ts';
import { RecordingFactories } from './recording-factories.ts';

const EVERYTHING = `
receivers: {fake/r1: , fake/r2: }
processors: {fake/p1: , fake/p2: , fake/unused: }
exporters: {fake/e1: , fake/e2: }
extensions: {fake/x: }
service:
  extensions: [fake/x]
  pipelines:
    traces: {receivers: [fake/r1], processors: [fake/p1, fake/p2], exporters: [fake/e1]}
    traces/2: {receivers: [fake/r1, fake/r2], processors: [fake/p1], exporters: [fake/e1, fake/e2]}
    metrics: {receivers: [fake/r1], exporters: [fake/e1]}
`;

function serviceOf(yaml: string, clock = new ManualClock(), refuseOwnReceivers: ServiceTelemetry['refuseOwnReceivers'] = () => {}) {
  const recording = new RecordingFactories();
  const registry = { components: recording.factories, telemetry: z.unknown() };
  const config = loadConfig<AnyFactory, unknown>({ locations: ['a.yaml'], sets: [] }, registry, new ExampleEnvironment({ 'a.yaml': yaml }));
  const settings = testSettings('service', clock);
  const telemetry = {
    start: async () => void recording.events.push('start telemetry'),
    shutdown: async () => void recording.events.push('stop telemetry'),
    addresses: () => ({ metrics: 'localhost:8888' }),
    refuseOwnReceivers,
  };
  const build = () => new Service(config, { component: (id) => ({ ...settings, id }), telemetry, logger: settings.logger, clock });
  const { events, receivers } = recording;
  return { events, receivers, settings, clock, build };
}

function request(signal: Signal): ExportRequest {
  return { signal, bytes: new Uint8Array(), itemCount: 1, retainable: true, scan: undefined };
}

describe('Service', () => {
  test('starts what is downstream first and stops what is upstream first', async () => {
    const { build, events } = serviceOf(EVERYTHING);
    const service = build();
    await service.start();
    expect(events).toEqual([
      'start telemetry',
      'start extension fake/x',
      'start exporter fake/e1 traces',
      'start exporter fake/e2 traces',
      'start exporter fake/e1 metrics',
      'start processor fake/p2 traces',
      'start processor fake/p1 traces',
      'start processor fake/p1 traces',
      'start receiver fake/r1',
      'start receiver fake/r2',
    ]);
    events.length = 0;
    await service.shutdown(noDeadline());
    expect(events).toEqual([
      'stop receiver fake/r1',
      'stop receiver fake/r2',
      'stop processor fake/p1 traces',
      'stop processor fake/p1 traces',
      'stop processor fake/p2 traces',
      'stop exporter fake/e1 traces',
      'stop exporter fake/e2 traces',
      'stop exporter fake/e1 metrics',
      'stop extension fake/x',
      'stop telemetry',
    ]);
  });

  test.each([
    ['fake/r1', 'traces', ['fake/e1 traces', 'fake/e1 traces', 'fake/e2 traces', 'fake/p1 traces', 'fake/p1 traces', 'fake/p2 traces']],
    ['fake/r2', 'traces', ['fake/e1 traces', 'fake/e2 traces', 'fake/p1 traces']],
    ['fake/r1', 'metrics', ['fake/e1 metrics']],
  ] as const)('what %s takes in as %s goes through each of its pipelines', async (receiver, signal, expected) => {
    const { build, events, receivers } = serviceOf(EVERYTHING);
    build();
    await receivers.get(receiver)?.[signal]?.consume(request(signal));
    expect(events.toSorted()).toEqual(expected);
  });

  test('a receiver gets no consumer for a signal that none of its pipelines has', () => {
    const { build, receivers } = serviceOf(EVERYTHING);
    build();
    expect(Object.keys(receivers.get('fake/r1') ?? {}).toSorted()).toEqual(['metrics', 'traces']);
    expect(Object.keys(receivers.get('fake/r2') ?? {})).toEqual(['traces']);
  });

  test('is ready from the end of the start to the beginning of the stop', async () => {
    const service = serviceOf(EVERYTHING).build();
    expect(service.state()).toBe('starting');
    await service.start();
    expect(service.state()).toBe('ready');
    const stopped = service.shutdown(noDeadline());
    expect(service.state()).toBe('stopping');
    await stopped;
  });

  test('says where all that listens does so', () => {
    expect(serviceOf(EVERYTHING).build().addresses()).toEqual({
      'receivers.fake/r1.test': 'receiver fake/r1:1',
      'receivers.fake/r2.test': 'receiver fake/r2:1',
      'extensions.fake/x.test': 'extension fake/x:1',
      'service.telemetry.metrics': 'localhost:8888',
    });
  });

  test('a component that cannot be built is named', () => {
    const { build } = serviceOf(EVERYTHING.replace('fake/e2: ', 'fake/e2: {behaviour: fails_to_create}'));
    expect(build).toThrow('exporters.fake/e2: no such thing');
  });

  test('a component that cannot start is named, and all is stopped cleanly', async () => {
    const { build, events, settings } = serviceOf(EVERYTHING.replace('fake/r1: ', 'fake/r1: {behaviour: fails_to_start}'));
    const service = build();
    await expect(service.start()).rejects.toThrow('receivers.fake/r1: the port is taken');
    expect(service.state()).toBe('starting');
    await service.shutdown(noDeadline());
    expect(events.filter((event) => event.startsWith('stop'))).toHaveLength(10);
    expect(settings.logger.lines.at(-1)?.message).toBe('Not started; what had been started is stopped again');
  });

  test('all that cannot listen is named at once', async () => {
    const taken = EVERYTHING.replaceAll(/fake\/(r1|r2|x): /g, 'fake/$1: {behaviour: fails_to_start}');
    const failures: unknown = await serviceOf(taken).build().start().catch((error: unknown) => error instanceof AggregateError && error.errors.map(String));
    expect(failures).toEqual(['extensions.fake/x', 'receivers.fake/r1', 'receivers.fake/r2'].map((name) => `Error: ${name}: the port is taken`));
  });

  test('nothing is taken in where a component below cannot start', async () => {
    const { build, events } = serviceOf(EVERYTHING.replace('fake/e1: ', 'fake/e1: {behaviour: fails_to_start}'));
    await expect(build().start()).rejects.toThrow('exporters.fake/e1: the port is taken');
    expect(events.filter((event) => event.startsWith('start receiver'))).toEqual([]);
  });

  test('is not ready where own traces would come in again', async () => {
    const { build, settings } = serviceOf(EVERYTHING, new ManualClock(), (addresses) => {
      throw new Error(`goes to ${Object.keys(addresses).join(' or ')}`);
    });
    const service = build();
    await expect(service.start()).rejects.toThrow('service.telemetry: goes to receivers.fake/r1.test or receivers.fake/r2.test');
    await service.shutdown(noDeadline());
    expect(settings.logger.lines.at(-1)?.message).toBe('Not started; what had been started is stopped again');
  });

  test('a component that fails to stop keeps none of the others from it', async () => {
    const { build, events, settings } = serviceOf(EVERYTHING.replace('fake/p1: ', 'fake/p1: {behaviour: fails_to_stop}'));
    await build().shutdown(noDeadline());
    expect(events.filter((event) => event.startsWith('stop'))).toHaveLength(10);
    expect(settings.logger.lines).toContainEqual({
      level: 'error',
      fields: { component: 'processors.fake/p1', error: 'Error: stuck' },
      message: 'A component failed to stop',
    });
  });

  test('a component that hangs is left behind when the time is over', async () => {
    const { build, events, settings, clock } = serviceOf(EVERYTHING.replace('fake/e1: ', 'fake/e1: {behaviour: hangs}'));
    const deadline = new ShutdownDeadline(clock, 10_000);
    const stopped = build().shutdown(deadline);
    await clock.tickAsync(10_000, 1000);
    expect(events).not.toContain('stop telemetry');
    await clock.tickAsync(2000, 1000);
    await stopped;
    expect(events.at(-1)).toBe('stop telemetry');
    expect(settings.logger.lines.map((line) => line.message)).toContain('A component did not stop in time and is left behind');
  });

  test('stopping twice stops once', async () => {
    const { build, events } = serviceOf(EVERYTHING);
    const service = build();
    await Promise.all([service.shutdown(noDeadline()), service.shutdown(noDeadline())]);
    expect(events.filter((event) => event === 'stop telemetry')).toHaveLength(1);
  });

  test('receivers use half of the time at most, so that what waits can still be sent', async () => {
    const { build, events, clock } = serviceOf(EVERYTHING.replace('fake/r1: ', 'fake/r1: {behaviour: hangs}'));
    const stopped = build().shutdown(new ShutdownDeadline(clock, 20_000));
    await clock.tickAsync(10_000, 1000);
    expect(events).not.toContain('stop exporter fake/e1 traces');
    await clock.tickAsync(2000, 1000);
    expect(events).toContain('stop exporter fake/e1 traces');
    await stopped;
  });
});
