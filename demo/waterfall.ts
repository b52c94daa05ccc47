import type { DemoSpan } from './decode-spans.ts';
import { paint } from './terminal.ts';

const BAR_WIDTH = 40;
const NAME_WIDTH = 34;

/**
 * A trace as lines of text, a span each, children under their parents in the order they began:
 *
 * ```
 *  frontend  POST /buy                 ████████████████████████████████████████    18.2 ms
 *  frontend  ├ POST /products          ▕███████                                     4.1 ms
 * ```
 */
export function waterfall(spans: readonly DemoSpan[]): readonly string[] {
  const ids = new Set(spans.map((span) => span.spanId));
  const children = new Map<string, DemoSpan[]>();
  for (const span of spans.toSorted((a, b) => a.startMs - b.startMs)) {
    const parent = ids.has(span.parentSpanId) ? span.parentSpanId : '';
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const scale = BAR_WIDTH / Math.max(Math.max(...spans.map((span) => span.endMs)) - startMs, 0.001);
  const serviceWidth = Math.max(...spans.map((span) => span.service.length));

  const lines: string[] = [];
  const draw = (span: DemoSpan, indent: string, branch: string): void => {
    const offset = Math.min(Math.floor((span.startMs - startMs) * scale), BAR_WIDTH - 1);
    const length = Math.min(Math.max(Math.round((span.endMs - span.startMs) * scale), 1), BAR_WIDTH - offset);
    const bar = `${' '.repeat(offset)}${paint(span.isError ? 'red' : 'cyan', '█'.repeat(length))}${' '.repeat(BAR_WIDTH - offset - length)}`;
    const name = `${indent}${branch}${span.name}`.slice(0, NAME_WIDTH).padEnd(NAME_WIDTH);
    const duration = `${(span.endMs - span.startMs).toFixed(1)} ms`.padStart(10);
    lines.push(`  ${paint('dim', span.service.padEnd(serviceWidth))}  ${name} ${bar} ${duration}${span.isError ? paint('red', '  error') : ''}`);
    const below = children.get(span.spanId) ?? [];
    const inner = branch === '' ? '' : `${indent}${branch.startsWith('└') ? '  ' : '│ '}`;
    below.forEach((child, i) => draw(child, inner, i === below.length - 1 ? '└ ' : '├ '));
  };
  for (const root of children.get('') ?? []) draw(root, '', '');
  return lines;
}
