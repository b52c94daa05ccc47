import type { MetricTable } from '../component/meter.ts';

/** What Tailrace says about its process; the first six as the Collector's. */
export const metrics = {
  cpuSeconds: {
    name: 'otelcol_process_cpu_seconds',
    kind: 'counter',
    unit: 's',
    help: 'Total CPU user and system time in seconds',
    labels: [],
  },
  memoryRss: {
    name: 'otelcol_process_memory_rss',
    kind: 'gauge',
    unit: 'By',
    help: 'Total physical memory (resident set size)',
    labels: [],
  },
  uptime: { name: 'otelcol_process_uptime', kind: 'counter', unit: 's', help: 'Uptime of the process', labels: [] },
  heapAlloc: {
    name: 'otelcol_process_runtime_heap_alloc_bytes',
    kind: 'gauge',
    unit: 'By',
    help: "Bytes in use in V8's heap, garbage included",
    labels: [],
  },
  totalSysMemory: {
    name: 'otelcol_process_runtime_total_sys_memory_bytes',
    kind: 'gauge',
    unit: 'By',
    help: "Bytes obtained from the system for V8's heap and for buffers outside it",
    labels: [],
  },
  arrayBuffers: {
    name: 'tailrace_process_array_buffers_bytes',
    kind: 'gauge',
    unit: 'By',
    help: "Bytes of buffers outside V8's heap, where requests and waiting spans live",
    labels: [],
  },
  eventLoopActive: {
    name: 'tailrace_process_event_loop_active_seconds',
    kind: 'counter',
    unit: 's',
    help: 'Time the event loop was busy; its rate is the share of the one core that JavaScript runs on',
    labels: [],
  },
  eventLoopDelay: {
    name: 'tailrace_process_event_loop_delay_seconds',
    kind: 'histogram',
    unit: 's',
    help: 'How late a timer runs, measured ten times a second',
    labels: [],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  buildInfo: {
    name: 'tailrace_build_info',
    kind: 'gauge',
    unit: '{build}',
    help: 'Always 1; the labels say which version of Tailrace runs on which Node.js',
    labels: ['version', 'node_version'],
  },
} as const satisfies MetricTable;
