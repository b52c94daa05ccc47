import { decodeExportResponse } from '../../pdata/service/export-response.ts';
import { decodeRpcStatus } from '../../pdata/service/rpc-status.ts';
import type { SendResult } from '../helper/sender.ts';
import { TAKEN } from '../helper/sender.ts';
import type { Answer } from './post.ts';

/** As much of an answer in an unknown form as goes into a log line. */
const MAX_TEXT = 200;

/** The three signals' names of one field. opentelemetry-proto, `docs/specification.md`, "Partial Success". */
interface JsonExportResponse {
  readonly partialSuccess?: {
    readonly rejectedSpans?: string | number;
    readonly rejectedDataPoints?: string | number;
    readonly rejectedLogRecords?: string | number;
    readonly errorMessage?: string;
  };
}

/** What a 2xx answer says. One that cannot be read is full success: the request was taken and must not come again. */
export function resultOf({ headers, body }: Answer): SendResult {
  try {
    switch (mediaType(headers['content-type'])) {
      case 'application/x-protobuf':
        return decodeExportResponse(body);
      case 'application/json':
        return fromJson(JSON.parse(body.toString()) as JsonExportResponse);
      default:
        return TAKEN;
    }
  } catch {
    return TAKEN;
  }
}

/** What an answer with an error status says about it: the message of its google.rpc.Status, or the text that it is. */
export function errorMessageOf({ headers, body }: Answer): string {
  try {
    switch (mediaType(headers['content-type'])) {
      case 'application/x-protobuf':
        return decodeRpcStatus(body).message;
      case 'application/json':
        return (JSON.parse(body.toString()) as { readonly message?: string }).message ?? '';
      default:
        return body.subarray(0, MAX_TEXT).toString().trim();
    }
  } catch {
    return '';
  }
}

function fromJson({ partialSuccess = {} }: JsonExportResponse): SendResult {
  const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage = '' } = partialSuccess;
  return { rejectedItems: Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0), errorMessage };
}

function mediaType(contentType: string | undefined): string | undefined {
  return contentType?.split(';')[0]?.trim().toLowerCase();
}
