import { describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { memoryLimiterConfig } from '../../../src/processor/memory-limiter/config.ts';
import { MemoryLimiter } from '../../../src/processor/memory-limiter/memory-limiter.ts';
import { processMemory } from '../../../src/processor/memory-limiter/process-memory.ts';
import { FailingConsumer, SinkConsumer } from '../../support/consumers.ts';
import { logsRequest } from '../../support/log-requests.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { testSettings } from '../../support/settings.ts';

const MIB = 1024 * 1024;

/** Memory as a test says, in MiB; a collection frees `garbage`, and a quick one `youngGarbage`. */
class FakeMemory {
  used = 0;
  garbage = 0;
  youngGarbage = 0;
  total = 1000 * MIB;
  collections = 0;
  quickCollections = 0;
  onCollection: () => void = () => undefined;

  usedBytes(): number {
    return (this.used + this.garbage + this.youngGarbage) * MIB;
  }
  totalBytes(): number {
    return this.total;
  }
  collectYoungGarbage(): void {
    this.quickCollections++;
    this.youngGarbage = 0;
  }
  collectGarbage(): void {
    this.collections++;
    this.garbage = 0;
    this.youngGarbage = 0;
    this.onCollection();
  }
}

async function setUp(config: object, next = new SinkConsumer()) {
  const clock = new ManualClock();
  const memory = new FakeMemory();
  const settings = testSettings('memory_limiter', clock);
  const parsed = memoryLimiterConfig.parse({ check_interval: '1s', ...config });
  const limiter = new MemoryLimiter(parsed, { ...settings, signal: 'logs' }, next, memory);
  await limiter.start();
  return { ...settings, clock, memory, limiter, sink: next };
}

describe('memory_limiter', () => {
  test('refuses from the soft limit on, and takes again below it', async () => {
    const { limiter, memory, clock, sink, meter, logger } = await setUp({ limit_mib: 1000, spike_limit_mib: 300 });
    await limiter.consume(logsRequest(0, 3));
    memory.used = 700;
    await limiter.consume(logsRequest(3, 3));
    clock.tick(1000);
    await expect(limiter.consume(logsRequest(6, 4))).rejects.toMatchObject({ code: 'overloaded', isRetryable: true, retryAfterMs: 1000 });
    memory.used = 699;
    clock.tick(1000);
    await limiter.consume(logsRequest(10, 5));
    expect(sink.itemCount).toBe(11);
    expect(meter.value('otelcol_processor_accepted_log_records{processor="memory_limiter"}')).toBe(11);
    expect(meter.value('otelcol_processor_refused_log_records{processor="memory_limiter"}')).toBe(4);
    expect(meter.value('otelcol_processor_incoming_items{otel_signal="logs",processor="memory_limiter"}')).toBe(15);
    expect(meter.value('otelcol_processor_outgoing_items{otel_signal="logs",processor="memory_limiter"}')).toBe(11);
    expect(logger.lines.map(({ level }) => level)).toEqual(['info', 'warn', 'info']);
  });

  test.each([
    [{ limit_mib: 1000 }, 800, 1000],
    [{ limit_mib: 1000, spike_limit_mib: 300, limit_percentage: 1, spike_limit_percentage: 0 }, 700, 1000],
    [{ limit_percentage: 80, spike_limit_percentage: 15 }, 650, 800],
    [{ limit_percentage: 50 }, 400, 500],
  ])('%j means a soft limit of %i MiB and a hard one of %i', async (config, soft, hard) => {
    const { meter } = await setUp(config);
    const limit = (name: string): number => meter.value(`tailrace_memory_limiter_limit_bytes{limit="${name}",processor="memory_limiter"}`)! / MIB;
    expect(limit('soft')).toBeCloseTo(soft);
    expect(limit('hard')).toBeCloseTo(hard);
  });

  test('collects garbage before it refuses', async () => {
    const { limiter, memory, clock } = await setUp({ limit_mib: 1000 });
    memory.used = 500;
    memory.garbage = 400;
    clock.tick(1000);
    await expect(limiter.consume(logsRequest(0, 1))).resolves.toBeUndefined();
    expect(memory.collections).toBe(1);
  });

  test('collects only what is young when that is enough, and nothing while there is room', async () => {
    const { limiter, memory, clock } = await setUp({ limit_mib: 1000 });
    memory.used = 500;
    clock.tick(1000);
    expect(memory.quickCollections).toBe(0);
    memory.youngGarbage = 400;
    clock.tick(1000);
    await expect(limiter.consume(logsRequest(0, 1))).resolves.toBeUndefined();
    expect([memory.quickCollections, memory.collections]).toEqual([1, 0]);
  });

  test('while it takes data, collects all above the soft limit only every so often', async () => {
    const { limiter, memory, clock } = await setUp({ limit_mib: 1000, check_interval: '100ms', min_gc_interval_when_soft_limited: '10s' });
    memory.used = 500;
    memory.garbage = 400;
    clock.tick(100);
    expect(memory.collections).toBe(1);
    memory.garbage = 400;
    clock.tick(100);
    expect(memory.collections).toBe(1);
    await expect(limiter.consume(logsRequest(0, 1))).rejects.toMatchObject({ code: 'overloaded' });
  });

  test('while it refuses, takes data again within a second after memory became garbage', async () => {
    const { limiter, memory, clock } = await setUp({ limit_mib: 1000, check_interval: '100ms', min_gc_interval_when_soft_limited: '10s' });
    memory.used = 900;
    clock.tick(3700);
    expect(memory.collections).toBeLessThanOrEqual(8);
    await expect(limiter.consume(logsRequest(0, 1))).rejects.toMatchObject({ code: 'overloaded' });
    memory.used = 100;
    memory.garbage = 800;
    clock.tick(600);
    await expect(limiter.consume(logsRequest(0, 1))).resolves.toBeUndefined();
  });

  test('while it refuses, collects for no more than a tenth of the time', async () => {
    const { memory, clock } = await setUp({ limit_mib: 1000, min_gc_interval_when_soft_limited: '1h' });
    memory.onCollection = () => clock.tick(300);
    memory.used = 900;
    clock.tick(1000);
    memory.onCollection = () => undefined;
    expect(memory.collections).toBe(1);
    clock.tick(2500);
    expect(memory.collections).toBe(1);
    clock.tick(1500);
    expect(memory.collections).toBe(2);
  });

  test('collects above the hard limit each time', async () => {
    const { memory, clock } = await setUp({ limit_mib: 1000, check_interval: '100ms' });
    memory.used = 1000;
    clock.tick(500);
    expect(memory.collections).toBe(5);
  });

  test('an error of the next consumer is passed on', async () => {
    const clock = new ManualClock();
    const next = new FailingConsumer(new ConsumeError('rejected', 'no'));
    const config = memoryLimiterConfig.parse({ check_interval: '1s', limit_mib: 10 });
    const limiter = new MemoryLimiter(config, { ...testSettings('memory_limiter', clock), signal: 'logs' }, next, new FakeMemory());
    await expect(limiter.consume(logsRequest(0, 1))).rejects.toMatchObject({ code: 'rejected' });
  });

  test('shutdown ends the measuring, twice and without start', async () => {
    const { limiter, clock } = await setUp({ limit_mib: 10 });
    await limiter.shutdown();
    await limiter.shutdown();
    expect(clock.pendingTimers).toBe(0);
  });

  test.each([
    [{ check_interval: '0s', limit_mib: 1 }, 'check_interval', /greater than 0/],
    [{ limit_mib: 1 }, 'check_interval', /./],
    [{ check_interval: '1s' }, 'limit_mib', /limit_mib or limit_percentage/],
    [{ check_interval: '1s', limit_mib: 100, spike_limit_mib: 100 }, 'spike_limit_mib', /smaller than limit_mib \(100\)/],
    [{ check_interval: '1s', limit_percentage: 20, spike_limit_percentage: 30 }, 'spike_limit_percentage', /smaller than limit_percentage/],
    [{ check_interval: '1s', limit_percentage: 101 }, 'limit_percentage', /100/],
    [
      { check_interval: '1s', limit_mib: 1, min_gc_interval_when_soft_limited: '1s', min_gc_interval_when_hard_limited: '2s' },
      'min_gc_interval_when_soft_limited',
      /not be smaller/,
    ],
  ])('%j is refused at "%s"', (config, path, message) => {
    const issues = memoryLimiterConfig.safeParse(config).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(issues[0]?.message).toMatch(message);
  });
});

describe('the memory of this process', () => {
  test('counts buffers outside the heap, and a collection frees what nobody holds', () => {
    processMemory.collectGarbage();
    const before = processMemory.usedBytes();
    const held = new Map([['buffers', Array.from({ length: 64 }, () => Buffer.allocUnsafeSlow(MIB))]]);
    expect(processMemory.usedBytes() - before).toBeGreaterThan(60 * MIB);
    held.clear();
    processMemory.collectGarbage();
    expect(processMemory.usedBytes() - before).toBeLessThan(20 * MIB);
  });

  test('gives young buffers back after a quick collection', () => {
    processMemory.collectGarbage();
    const before = processMemory.usedBytes();
    let last = Buffer.allocUnsafeSlow(1);
    for (let i = 0; i < 16; i++) last = Buffer.allocUnsafeSlow(MIB);
    expect(processMemory.usedBytes() - before).toBeGreaterThan(4 * MIB);
    processMemory.collectYoungGarbage();
    processMemory.collectYoungGarbage();
    expect(processMemory.usedBytes() - before).toBeLessThan(4 * MIB);
    expect(last).toHaveLength(MIB);
  });

  test('has a limit that is no more than the machine has', () => {
    expect(processMemory.totalBytes()).toBeGreaterThan(64 * MIB);
    expect(processMemory.totalBytes()).toBeLessThan(2 ** 50);
  });
});
