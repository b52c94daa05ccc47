import { anyCondition, mistakesIn } from '../../../../../src/processor/tail-sampling/policy/ottl/conditions.ts';
import type { ConditionContext } from '../../../../../src/processor/tail-sampling/policy/ottl/paths.ts';
import { TraceWalk } from '../../../../../src/processor/tail-sampling/policy/trace-walk.ts';
import { scanTraces } from '../../../../../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../../../../src/pdata/otlp/span-scan.ts';
import { RequestRuns } from '../../../../../src/processor/tail-sampling/window/request-runs.ts';
import { Splicer } from '../../../../../src/processor/tail-sampling/window/splicer.ts';
import { Window } from '../../../../../src/processor/tail-sampling/window/window.ts';
import { WindowedTraces } from '../../../../../src/processor/tail-sampling/windowed-traces.ts';
import { bytesOf, encodeRequest, type Json, type JsonObject } from '../../../../support/otlp.ts';

/** What became of a condition: `error` where it could not be evaluated for some span or event, and was true for none. */
export type Verdict = 'true' | 'false' | 'error';

/** A trace in a window, from requests in the order in which they came. All spans are of one trace. */
export class TraceInWindow {
  readonly #window = new Window({ maxTraces: 10, maxSpans: 1_000_000, maxBytes: 64 * 1024 * 1024 }, { k0: 1, k1: 2 });
  readonly #traces = new WindowedTraces(this.#window, new Splicer(this.#window));
  #slot: number | undefined;

  constructor(...requests: readonly Uint8Array[]) {
    for (const request of requests) this.#add(request);
  }

  ask(condition: string, context: ConditionContext = 'span'): Verdict {
    let hasFailed = false;
    const walk = new TraceWalk();
    const sources = { span: [], spanevent: [], [context]: [condition] };
    const question = walk.askSpan(
      anyCondition(sources, walk, () => {
        hasFailed = true;
      }),
    );
    walk.seal();
    this.#traces.begin([this.#slot!], 0);
    if (walk.answer(question, this.#traces.trace(0))) return 'true';
    return hasFailed ? 'error' : 'false';
  }

  #add(bytes: Uint8Array): void {
    const scan = new SpanScan();
    scanTraces(bytes, scan);
    this.#window.beginRequest(bytes, scan);
    const traceId = this.#window.newId();
    const runs = new RequestRuns(this.#window.newId());
    runs.read(bytes, scan);
    for (let run = 0; run < runs.count; run++) {
      runs.readId(run, traceId);
      this.#slot ??= this.#window.traces.add(traceId, 0);
      this.#window.addRun(this.#slot, runs.first(run), runs.end(run));
    }
    this.#window.endRequest();
  }
}

/** What is wrong with a condition, as `column: message`. */
export function mistakes(condition: string, context: ConditionContext = 'span'): readonly string[] {
  return mistakesIn(condition, context).map(({ offset, message }) => `${offset + 1}: ${message}`);
}

/** Attributes, each an AnyValue by the name of its field. */
export function keyValues(attributes: Readonly<Record<string, JsonObject>>): readonly JsonObject[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value }));
}

export const list = (...values: readonly JsonObject[]): JsonObject => ({ arrayValue: { values } });
export const map = (entries: Readonly<Record<string, JsonObject>>): JsonObject => ({ kvlistValue: { values: keyValues(entries) } });

const TRACE_ID = '000102030405060708090a0b0c0d0e0f';

/** One span with something of everything, and one event. */
export const SPAN: JsonObject = {
  traceId: bytesOf(TRACE_ID),
  spanId: bytesOf('0102030405060708'),
  name: 'GET /x',
  kind: 2,
  startTimeUnixNano: '1700000000123456789',
  endTimeUnixNano: '1700000001123456790',
  traceState: 'a=1,b=2',
  attributes: keyValues({
    s: { stringValue: 'üñ' },
    i: { intValue: 5 },
    d: { doubleValue: 1.5 },
    one: { doubleValue: 1 },
    big: { intValue: '9007199254740993' },
    b: { boolValue: true },
    by: { bytesValue: bytesOf('0102') },
    eby: { bytesValue: bytesOf('') },
    e: {},
    l: list({ intValue: 1 }, { stringValue: 'a' }, {}, { doubleValue: 2 }),
    el: list(),
    m: map({ x: { stringValue: 'a' }, n: map({ y: { intValue: 3 } }), l: list({ intValue: 7 }) }),
    em: map({}),
    nan: { doubleValue: Number.NaN },
    html: { stringValue: '<a>&"\u2028' },
    tiny: { doubleValue: 1e-7 },
    num: { stringValue: '42' },
    url: { stringValue: 'https://u:p@example.com:8443/a/b.html?q=1#f' },
    mb: map({ y: { bytesValue: bytesOf('0102') }, z: {}, d: { doubleValue: 2 } }),
  }),
  droppedAttributesCount: 3,
  droppedEventsCount: 4,
  droppedLinksCount: 5,
  flags: 257,
  events: [{ name: 'ev', timeUnixNano: '1700000000500000000', attributes: keyValues({ x: { intValue: 1 } }), droppedAttributesCount: 6 }],
  links: [{ traceId: bytesOf(TRACE_ID), spanId: bytesOf('0102030405060708') }],
  status: { code: 2, message: 'oops' },
};

/** A request with spans of one resource and scope. */
export function requestOf(...spans: readonly JsonObject[]): Uint8Array {
  return encodeRequest('traces', {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': { stringValue: 'cart' } }), droppedAttributesCount: 2 },
        schemaUrl: 'https://resource',
        scopeSpans: [
          {
            scope: { name: 'lib', version: '1.2', attributes: keyValues({ q: { intValue: 1 } }), droppedAttributesCount: 7 },
            schemaUrl: 'https://scope',
            spans,
          },
        ],
      },
    ],
  });
}

/** SPAN with other fields. */
export function spanWith(fields: Readonly<Record<string, Json>>): JsonObject {
  return { ...SPAN, ...fields };
}
