import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../test/support/project.ts';
import { runCase } from './cases/case-process.ts';
import type { DecisionTickOptions, DecisionTickResult } from './cases/decision-tick.ts';
import type { WindowCaseOptions, WindowCaseResult } from './cases/window.ts';
import { CURVES, type Curve, type CurvePoint } from './growth-curves.ts';
import { note } from './report/progress.ts';
import { writeSection } from './report/results-file.ts';
import { summarize } from './report/statistics.ts';
import { svgChart } from './report/svg-chart.ts';
import { alignedTable, number } from './report/table.ts';

/** `npm run bench:growth`: what a span costs when there is more of everything. Plots beside this file's source. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5', short: 'r' },
    scale: { type: 'string', default: '1', short: 's' },
  },
});
const runs = Number(values.runs);
const scale = Number(values.scale);

const RIPE_TRACES = 100_000;
const SPANS_PER_RUN = 500_000;

interface Measured {
  readonly x: number;
  readonly costNs: number;
  readonly result: WindowCaseResult;
}

async function measurePoint(curve: Curve, { x, options }: CurvePoint): Promise<Measured> {
  const spansPerRun = Math.min(SPANS_PER_RUN, options.waitingSpans * 5);
  const caseOptions: WindowCaseOptions = { ...options, runs, spansPerRun };
  const result = await runCase<WindowCaseResult>('window.js', caseOptions);
  const costNs = summarize(result.windowNs).median;
  note(`${curve.name} ${x.toLocaleString('en-US')}: ${number(costNs)} ns and ${number(result.residentBytesPerSpan)} B a span`);
  return { x, costNs, result };
}

/** A shortened run is a look, and leaves the published plots alone. */
const plotDirectory = join(projectRoot, scale === 1 ? 'bench' : 'build');

function drawCost(curve: Curve, points: readonly Measured[]): void {
  const cost = svgChart({
    title: `Cost of a span: ${curve.name}`,
    x: { label: curve.xLabel, scale: 'log' },
    y: { label: 'ns a span, window and decision', scale: curve.yScale },
    series: [
      { name: 'window', points: points.map(({ x, costNs }) => [x, costNs]) },
      { name: 'copy of the same bytes', points: points.map(({ x, result }) => [x, summarize(result.copyNs).median]) },
    ],
  });
  writeFileSync(join(plotDirectory, `${curve.file}.svg`), cost);
}

function drawMemory(curve: Curve, points: readonly Measured[]): void {
  const memory = svgChart({
    title: `Memory of a waiting span: ${curve.name}`,
    x: { label: curve.xLabel, scale: 'log' },
    y: { label: 'resident bytes a span', scale: curve.yScale },
    series: [
      { name: 'resident', points: points.map(({ x, result }) => [x, result.residentBytesPerSpan]) },
      { name: 'wire bytes', points: points.map(({ x, result }) => [x, result.bytesPerSpan]) },
    ],
  });
  writeFileSync(join(plotDirectory, `${curve.file}-memory.svg`), memory);
}

function section(curve: Curve, points: readonly Measured[]): string {
  drawCost(curve, points);
  drawMemory(curve, points);
  const first = points[0]!;
  const rows = points.map(({ x, costNs, result }) => [
    x.toLocaleString('en-US'),
    number(costNs),
    number(costNs / first.costNs),
    number(costNs / summarize(result.copyNs).median),
    number(result.residentBytesPerSpan),
    number(result.residentBytesPerSpan / result.bytesPerSpan),
  ]);
  const head = [curve.xLabel, 'ns a span', '× the first', '× copy', 'resident B a span', '× wire bytes'];
  const plots = `![cost: ${curve.name}](${curve.file}.svg) ![memory: ${curve.name}](${curve.file}-memory.svg)`;
  return `### ${curve.name}\n\n${plots}\n\n${alignedTable(head, rows)}`;
}

const parts: string[] = [];
for (const curve of CURVES) {
  const points: Measured[] = [];
  for (const point of curve.points.filter(({ options }) => scale === 1 || options.waitingSpans <= scale * 5_000_000)) {
    points.push(await measurePoint(curve, point));
  }
  parts.push(section(curve, points));
}
const tickOptions: DecisionTickOptions = { ripeTraces: RIPE_TRACES };
const { longestBlockMs, decidedMs } = await runCase<DecisionTickResult>('decision-tick.js', tickOptions);
parts.push(
  '### A tick over many ripe traces\n',
  `${RIPE_TRACES.toLocaleString('en-US')} traces that fall due at once are decided within ${number(decidedMs)} ms; ` +
    `ingest is never blocked for more than ${number(longestBlockMs)} ms.`,
);
const body = parts.join('\n');
process.stdout.write(`\n${body}\n`);
if (scale === 1) writeSection('growth', body);
