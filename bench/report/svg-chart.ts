/** A line chart as a picture of its own: no script, no font but the reader's, dark on white. */
export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 640;
const HEIGHT = 360;
const PLOT = { left: 72, right: 24, top: 48, bottom: 64 } as const;
/** Told apart by people who see no red or green (Okabe and Ito's palette), and on paper by their dashes. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
const DASHES = ['', '7 4', '2 3', '10 3 2 3'];
const LINEAR_TICKS = 5;

/** Turns a value into a place along its axis, 0 to 1, and says where ticks are. */
interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

export function svgChart({ title, x, y, series }: Chart): string {
  const points = series.flatMap((one) => one.points);
  const xScale = scaleOf(x, points.map(([value]) => value));
  const yScale = scaleOf(y, points.map(([, value]) => value));
  const xAt = (value: number): number => PLOT.left + xScale.place(value) * (WIDTH - PLOT.left - PLOT.right);
  const yAt = (value: number): number => HEIGHT - PLOT.bottom - yScale.place(value) * (HEIGHT - PLOT.top - PLOT.bottom);
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 24, title, 'font-size="15" font-weight="600"'),
    ...yScale.ticks.flatMap((tick) => [
      line(PLOT.left, yAt(tick), WIDTH - PLOT.right, yAt(tick)),
      text(PLOT.left - 8, yAt(tick) + 4, short(tick), 'text-anchor="end"'),
    ]),
    ...xScale.ticks.flatMap((tick) => [
      line(xAt(tick), HEIGHT - PLOT.bottom, xAt(tick), HEIGHT - PLOT.bottom + 5),
      text(xAt(tick), HEIGHT - PLOT.bottom + 19, short(tick), 'text-anchor="middle"'),
    ]),
    text((PLOT.left + WIDTH - PLOT.right) / 2, HEIGHT - 26, x.label, 'text-anchor="middle"'),
    `<g transform="rotate(-90 18 ${HEIGHT / 2})">${text(18, HEIGHT / 2, y.label, 'text-anchor="middle"')}</g>`,
    ...series.map((one, i) => curve(one.points.map(([px, py]): [number, number] => [xAt(px), yAt(py)]), i)),
    ...series.flatMap((one, i) => legend(one.name, i)),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
    `font-family="system-ui, sans-serif" font-size="12" fill="#222" role="img" aria-label="${escape(title)}">\n${parts.join('\n')}\n</svg>\n`
  );
}

/** Linear axes begin at 0, so that a small difference looks small; logarithmic ones at a power of ten. */
function scaleOf(axis: Axis, values: readonly number[]): Scale {
  const most = Math.max(...values);
  if (axis.scale === 'linear') {
    const step = niceStep(most / LINEAR_TICKS);
    const top = step * Math.ceil(most / step);
    const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
    return { place: (value) => value / top, ticks };
  }
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(most)));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { place: (value) => (Math.log10(value) - low) / (high - low), ticks };
}

/** 1, 2 or 5 times a power of ten, not less than `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
}

function curve(points: readonly (readonly [number, number])[], index: number): string {
  const colour = COLOURS[index % COLOURS.length];
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const dots = points.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>`).join('');
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${DASHES[index % DASHES.length]}"/>${dots}`;
}

/** Above the plot, one beside the other. */
function legend(name: string, index: number): string[] {
  const x = PLOT.left + index * 190;
  const stroke = `stroke="${COLOURS[index % COLOURS.length]}" stroke-width="2" stroke-dasharray="${DASHES[index % DASHES.length]}"`;
  return [`<line x1="${x}" y1="37" x2="${x + 24}" y2="37" ${stroke}/>`, text(x + 30, 41, name)];
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#ddd"/>`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`;
}

/** 1500 as 1.5k, 5000000 as 5M. */
function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
