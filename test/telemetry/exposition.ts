/** What a scraper reads: values by `name{label="value",…}` with labels in their order, and the type of each family. */
export interface Exposition {
  readonly samples: Readonly<Record<string, number>>;
  readonly types: Readonly<Record<string, string>>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const COMMENT = new RegExp(String.raw`^# (HELP|TYPE) (${NAME}) (\S.*)$`);
const SAMPLE = new RegExp(String.raw`^(${NAME})((?:\{${LABEL}(?:,${LABEL})*\})?) (\S+)$`);
const SUFFIXES = /_(?:bucket|sum|count|total)$/;

/**
 * Reads the text format strictly: HELP before TYPE before samples, all of a family together, each series once, buckets that
 * only grow. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parseExposition(text: string): Exposition {
  const samples: Record<string, number> = {};
  const types: Record<string, string> = {};
  const helps = new Set<string>();
  let family = '';
  if (text.trim() !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = COMMENT.exec(line);
    if (comment !== null) {
      const [, kind, name = '', value = ''] = comment;
      if (kind === 'HELP') {
        if (helps.has(name)) throw new Error(`second HELP of ${name}`);
        helps.add(name);
      } else {
        if (!helps.has(name) || types[name] !== undefined) throw new Error(`misplaced TYPE of ${name}`);
        types[name] = value;
      }
      family = name;
      continue;
    }
    const [, name, labels, value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || labels === undefined || value === undefined) throw new Error(`not a sample: ${line}`);
    const isOfFamily = name === family || (types[family] === 'histogram' && name.replace(SUFFIXES, '') === family);
    if (!isOfFamily) throw new Error(`${name} stands in the family ${family}`);
    const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
    if (Number.isNaN(number)) throw new Error(`${line}: the value is no number`);
    if (samples[name + labels] !== undefined) throw new Error(`${name}${labels} stands twice`);
    samples[name + labels] = number;
  }
  checkBuckets(samples);
  return { samples, types };
}

function checkBuckets(samples: Readonly<Record<string, number>>): void {
  const last = new Map<string, number>();
  for (const [series, value] of Object.entries(samples)) {
    if (!series.includes('_bucket{')) continue;
    const histogram = series.replace(/,?le="[^"]*"/, '');
    if (value < (last.get(histogram) ?? 0)) throw new Error(`${series}: fewer than in the bucket before`);
    last.set(histogram, value);
  }
}
