import { AttributeFinder } from '../../pdata/otlp/attribute-finder.ts';
import { ANY_STRING } from '../../pdata/otlp/fields.ts';
import { SpanReader } from '../../pdata/otlp/span-reader.ts';
import { HAS_PARENT, type SpanScan } from '../../pdata/otlp/span-scan.ts';
import { textOf } from '../../pdata/otlp/text.ts';
import { probabilityOf } from '../../processor/tail-sampling/policy/threshold.ts';
import { carriedSampling } from '../../processor/tail-sampling/policy/w3c-trace-state.ts';

/** Of something, how much there is, and how much that stands for: each for one over the probability it was kept with. */
export interface Tally {
  count: number;
  estimated: number;
}

const SERVICE = 0;
const NO_SERVICE = '(no service.name)';

/**
 * What passes one place: spans, by service too, and traces, by their root too. The probability is what spans say of
 * themselves (`ot=th` in their tracestate), 1 where they say nothing.
 */
export class Traffic {
  requests = 0;
  bytes = 0;
  readonly spans: Tally = { count: 0, estimated: 0 };
  readonly traces: Tally = { count: 0, estimated: 0 };
  /** Spans by the service they come from. */
  readonly services = new Map<string, Tally>();
  /** Root spans by service and name, as `shop GET /cart`. */
  readonly roots = new Map<string, Tally>();
  readonly #traceIds = new Set<string>();
  readonly #span = new SpanReader([]);
  readonly #resource = new AttributeFinder(['service.name']);

  /** Takes in a request and what one walk over its bytes found. */
  add(bytes: Uint8Array, scan: SpanScan): void {
    this.requests++;
    this.bytes += bytes.length;
    let resource = -1;
    let service = NO_SERVICE;
    for (let row = 0; row < scan.spanCount; row++) {
      const resourceOfRow = scan.scopeResource[scan.spanScope[row]!]!;
      if (resourceOfRow !== resource) {
        resource = resourceOfRow;
        service = this.#serviceOf(bytes, scan, resource);
      }
      this.#addSpan(bytes, scan, row, service);
    }
  }

  #addSpan(bytes: Uint8Array, scan: SpanScan, row: number, service: string): void {
    const span = this.#span;
    span.read(bytes, scan.spanStart[row]!, scan.spanEnd[row]!);
    const { threshold } = carriedSampling(textOf(bytes, span.traceStateStart, span.traceStateEnd));
    const estimated = threshold === undefined ? 1 : 1 / probabilityOf(threshold);
    increase(this.spans, estimated);
    increase(tallyIn(this.services, service), estimated);
    if ((scan.info[row]! & HAS_PARENT) === 0) increase(tallyIn(this.roots, `${service} ${textOf(bytes, span.nameStart, span.nameEnd)}`), estimated);
    const idAt = scan.traceIdAt[row]!;
    if (idAt === 0) return;
    const before = this.#traceIds.size;
    this.#traceIds.add(Buffer.from(bytes.buffer, bytes.byteOffset + idAt, 16).toString('latin1'));
    if (this.#traceIds.size > before) increase(this.traces, estimated);
  }

  #serviceOf(bytes: Uint8Array, { resourceRanges: ranges }: SpanScan, resource: number): string {
    for (let range = ranges.first[resource]!; range < ranges.first[resource + 1]!; range++) {
      this.#resource.findInResource(bytes, ranges.start[range]!, ranges.end[range]!);
      if (!this.#resource.has(SERVICE) || this.#resource.kind[SERVICE] !== ANY_STRING) continue;
      return textOf(bytes, this.#resource.valueStart[SERVICE]!, this.#resource.valueEnd[SERVICE]!);
    }
    return NO_SERVICE;
  }
}

function increase(tally: Tally, estimated: number): void {
  tally.count++;
  tally.estimated += estimated;
}

function tallyIn(tallies: Map<string, Tally>, name: string): Tally {
  let tally = tallies.get(name);
  if (tally === undefined) tallies.set(name, (tally = { count: 0, estimated: 0 }));
  return tally;
}
