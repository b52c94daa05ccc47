import {
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  ENABLE_PUSH,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  INITIAL_WINDOW_SIZE,
  MAX_FRAME_BYTES,
  MAX_FRAME_SIZE,
  MAX_WINDOW_BYTES,
  PROTOCOL_ERROR,
  SETTING_BYTES,
  readUint32,
} from './frames.ts';

const LARGEST_FRAME_SIZE = 2 ** 24 - 1;

/** What the client wants (RFC 9113, section 6.5.2), as far as it concerns what a server sends that needs little. */
export class PeerSettings {
  /** Content that the client takes of each answer before it gives more room. */
  initialWindowBytes = DEFAULT_WINDOW_BYTES;

  /**
   * Takes the content of a SETTINGS frame.
   *
   * @throws ConnectionError
   */
  take(bytes: Uint8Array, from: number, to: number): void {
    if ((to - from) % SETTING_BYTES !== 0) throw new ConnectionError(FRAME_SIZE_ERROR, `SETTINGS with ${to - from} bytes`);
    for (let at = from; at < to; at += SETTING_BYTES) this.#set((bytes[at]! << 8) | bytes[at + 1]!, readUint32(bytes, at + 2));
  }

  #set(id: number, value: number): void {
    switch (id) {
      case ENABLE_PUSH:
        if (value > 1) throw new ConnectionError(PROTOCOL_ERROR, `ENABLE_PUSH is ${value}`);
        break;
      case INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW_BYTES) throw new ConnectionError(FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE is ${value}`);
        this.initialWindowBytes = value;
        break;
      case MAX_FRAME_SIZE:
        if (value < MAX_FRAME_BYTES || value > LARGEST_FRAME_SIZE) throw new ConnectionError(PROTOCOL_ERROR, `MAX_FRAME_SIZE is ${value}`);
        break;
      default:
        // Settings that are not known are passed over.
        break;
    }
  }
}
