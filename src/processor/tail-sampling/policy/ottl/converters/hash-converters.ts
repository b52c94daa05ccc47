import { createHash } from 'node:crypto';
import { fnv1a64 } from '../../fnv.ts';
import { bytesLike, text } from '../coercion.ts';
import { type Converter, converter, lengths, parameter } from '../converter.ts';
import { int64 } from '../int64.ts';

/** Digests of texts, and bytes as hex. */
export const HASH_CONVERTERS: Readonly<Record<string, Converter>> = {
  FNV: converter(
    [parameter('target', text)],
    (value) => {
      const { hi, lo } = fnv1a64(Buffer.from(value, 'latin1'));
      return int64((BigInt(hi) << 32n) | BigInt(lo));
    },
    lengths,
  ),
  MD5: digest('md5'),
  SHA1: digest('sha1'),
  SHA256: digest('sha256'),
  SHA512: digest('sha512'),
  Hex: converter([parameter('target', bytesLike)], (value) => Buffer.from(value, 'latin1').toString('hex'), lengths),
};

function digest(algorithm: string): Converter {
  return converter([parameter('target', text)], (value) => createHash(algorithm).update(value, 'latin1').digest('hex'), lengths);
}
