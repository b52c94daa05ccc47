import { z } from 'zod';
import { crossField } from '../../config/cross-field.ts';
import { count, durationMs } from '../../config/fields.ts';
import { unsupportedKeys } from '../../config/removed-keys.ts';
import { zstdCompress } from '../../internal/zstd.ts';
import { compression } from '../helper/config.ts';

const rotation = z.strictObject({
  max_megabytes: z.number().int().min(1).default(100).describe('Begin a new file before this one becomes larger'),
  max_days: count.default(0).describe('Remove old files after so many days; 0: never'),
  max_backups: count.default(100).describe('Keep so many old files; 0: all'),
  localtime: z.boolean().default(false).describe('Name old files by local time instead of UTC'),
});

const permissions = z
  .string()
  .regex(/^0?[0-7]{3}$/, 'must be octal permissions in quotes, as "0755"')
  .transform((octal) => Number.parseInt(octal, 8));

const methods = z
  .enum(['zstd', 'none'])
  .refine((value) => value !== 'zstd' || zstdCompress !== undefined, `zstd needs Node.js 22.15 or newer, this is ${process.version}`);

export const fileExporterSchema = z
  .strictObject({
    path: z.string().min(1).describe('File to write to, from the working directory'),
    append: z.boolean().default(false).describe('Go on in a file that is there; false: empty it first, unless there is `rotation`'),
    // An empty `rotation:` is rotation with its defaults, as in the Collector.
    rotation: z.preprocess((value) => (value === null ? {} : value), rotation.optional()).describe('Begin new files and remove old ones; absent: one file'),
    format: z.enum(['json', 'proto']).default('json').describe('json: one OTLP/JSON object a line; proto: each request after its length in 4 bytes, big endian'),
    compression: compression(methods)
      .prefault('none')
      .describe('zstd: each request compressed for itself, after its length in 4 bytes, big endian'),
    flush_interval: durationMs.prefault('1s').describe('Without effect: each request is written before it is acknowledged'),
    create_directory: z.boolean().default(false).describe('Create the directory of `path`'),
    directory_permissions: permissions.optional().describe('Permissions of directories that are created, "0755" by default'),
  })
  .check(
    crossField(['append', 'rotation'], ({ append, rotation: given }, context) => {
      if (!append || given === undefined) return;
      context.addIssue({ code: 'custom', path: ['append'], message: 'cannot be combined with rotation, which appends anyway' });
    }),
    crossField(['append', 'compression'], ({ append, compression: method }, context) => {
      if (!append || method !== 'zstd') return;
      context.addIssue({ code: 'custom', path: ['append'], message: 'cannot be combined with compression' });
    }),
    crossField(['create_directory', 'directory_permissions'], (config, context) => {
      if (config.directory_permissions === undefined || config.create_directory) return;
      context.addIssue({ code: 'custom', path: ['directory_permissions'], message: 'is of no use without create_directory: true' });
    }),
  )
  .register(unsupportedKeys, {
    group_by: 'everything goes to one file; for several, write several file exporters',
    encoding: 'encoding extensions are not supported; write format: json or proto',
  });

export type FileExporterConfig = z.output<typeof fileExporterSchema>;
export type RotationConfig = z.output<typeof rotation>;
