import { ConsumeError } from '../../consumer/consume-error.ts';
import { messageOf } from '../../internal/message-of.ts';

/**
 * A request that cannot be put into the form its destination takes: an item is damaged, or nested too deep. Found here,
 * before the destination was asked anything.
 */
export class EncodingError extends ConsumeError {
  constructor(cause: unknown) {
    super('malformed', messageOf(cause), { cause });
  }
}

/**
 * What `encode` gives, for senders whose destination takes something else than the bytes that came in.
 *
 * @throws EncodingError whatever goes wrong, so that the item to blame is found and lost alone
 */
export function encodedBy<Encoded>(encode: () => Encoded): Encoded {
  try {
    return encode();
  } catch (error) {
    throw new EncodingError(error);
  }
}
