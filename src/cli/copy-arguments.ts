import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BYTES_PER_S_MIN } from '../base/bandwidth.ts';
import type { AppError } from '../base/errors.ts';
import { invalidRequest } from '../base/errors.ts';
import { GiB, KiB, MiB } from '../base/units.ts';
import { isNbdUri } from '../nbd/uri.ts';
import type { VerifyMode } from '../transfer/verify/sample.ts';

/** The command line of `copy`, taken apart and checked; nothing is opened here. */
export interface CopyArguments {
  readonly source: string;
  readonly target: string;
  /** To each side, of all threads together. */
  /** To each side: of the first thread, which may be the only one, and of each other. */
  readonly connections: { readonly first: number; readonly ofThread: number };
  readonly threads: number;
  readonly requestBytes: number;
  /** Per connection; undefined: as many as pay. */
  readonly inFlight: number | undefined;
  /** `-`: stdin. */
  readonly extentsPath: string | undefined;
  /** Name of a dirty bitmap of the source. */
  readonly bitmap: string | undefined;
  readonly checkpointPath: string | undefined;
  /** Name of the state that the source has. */
  readonly snapshot: string | undefined;
  /** What may differ between `since` and `snapshot`. */
  readonly changed: { readonly path: string; readonly since: string } | undefined;
  readonly targetIsZero: boolean;
  readonly isSparse: boolean;
  readonly zeroOutside: boolean;
  readonly rateBytesPerS: number | undefined;
  readonly retries: number;
  /** Folder of PEM files, for a URI that names none. */
  readonly tlsCertificates: string | undefined;
  readonly allowNoFlush: boolean;
  readonly verify: VerifyMode;
  readonly progress: boolean;
  readonly json: boolean;
}

export const COPY_USAGE = `usage: migratekit copy SRC DST [options]

SRC and DST are NBD URIs (nbd://host:port/export, nbd+unix:///export?socket=PATH,
with TLS nbds:// and nbds+unix://), paths of files or block devices, or null:

  --connections N         connections to each side, of all threads together (2 per thread)
  --threads N             threads that carry a whole disk, each over its own connections (2)
  --request-size BYTES    size of one request (1M)
  --in-flight N           requests in flight per connection (as many as pay)
  --extents FILE          copy only these ranges: JSON array of {"offset":N,"length":N}, sorted; - is stdin
  --bitmap NAME           copy only what this dirty bitmap of SRC (a qemu server) calls written
  --zero-outside          with --extents: zero everything else
  --destination-is-zero   the destination is known to read zero everywhere
  --no-sparse             write every byte, also the zeros
  --checkpoint FILE       keep what is done here, and resume from it
  --snapshot ID           with --checkpoint: the state of the source; it resumes only on the same,
                          or with both of these:
  --changed FILE          what may have changed between --changed-since and --snapshot
  --changed-since ID      the snapshot that the checkpoint is of
  --rate BYTES_PER_S      limit of the data read (at least 64K; 0: none)
  --retries N             how often a failed request is repeated (5)
  --verify[=MODE]         read the destination again and compare: full (the default of this option),
                          sample, or off; what differs is copied again
  --tls-certificates DIR  ca-cert.pem, client-cert.pem, client-key.pem for nbds
                          URIs that name no folder (?tls-certificates=DIR)
  --allow-no-flush        accept a destination that cannot flush
  --progress              report on stderr while copying; with --json a JSON object per line
  --json                  print one JSON object at the end

Numbers of bytes may end in K, M or G: powers of 1024.`;

const FLAGS = ['zero-outside', 'destination-is-zero', 'no-sparse', 'allow-no-flush', 'progress', 'json'];
const CONNECTIONS_EACH = 2;
/** One thread moves about 2 GiB/s; with as few processors as that the servers need the rest. */
const THREADS = Math.min(2, availableParallelism());
/** What a script gives whose variable is not set. */
const NEVER_EMPTY: Readonly<Record<string, string>> = {
  extents: 'the name of a file',
  bitmap: 'the name of a bitmap',
  checkpoint: 'the name of a file',
  changed: 'the name of a file',
  'tls-certificates': 'the name of a folder',
};
const SNAPSHOT_VALUES = ['snapshot', 'changed', 'changed-since'];
const VALUES = [
  ...['connections', 'threads', 'request-size', 'in-flight', 'extents', 'bitmap', 'checkpoint', 'rate', 'retries'],
  ...SNAPSHOT_VALUES,
  'verify',
  'tls-certificates',
];

/** Undefined: help was asked for. Throws `copy.usage`. */
export function parseCopyArguments(args: readonly string[]): CopyArguments | undefined {
  const { values, positionals } = parse(args);
  if (values['help'] === true) return undefined;
  const [source, target, ...more] = positionals;
  const mode = more.find((word) => ['off', 'sample', 'full'].includes(word));
  if (mode !== undefined && args.includes('--verify')) throw usage(`--verify takes its mode as --verify=${mode}`);
  if (source === undefined || target === undefined || more.length > 0) throw usage('expected SRC and DST');
  if (source === '' || target === '') throw usage('SRC and DST cannot be empty');
  if (source === 'null:' && target === 'null:') throw usage('SRC and DST cannot both be null:');
  for (const [name, what] of Object.entries(NEVER_EMPTY)) {
    if (values[name] === '') throw usage(`--${name} needs ${what}`);
  }
  const number = (name: string, bounds: Bounds): number | undefined => {
    const text = values[name];
    return typeof text === 'string' ? parseNumber(`--${name}`, text, bounds) : undefined;
  };
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const parsed: CopyArguments = {
    source,
    target,
    ...carriersOf(number('connections', { min: 1, max: 64 }), number('threads', { min: 1, max: 32 })),
    requestBytes: number('request-size', { min: 4 * KiB, max: 32 * MiB, step: 512 }) ?? 1 * MiB,
    inFlight: number('in-flight', { min: 1, max: 256 }),
    extentsPath: text('extents'),
    bitmap: text('bitmap'),
    checkpointPath: text('checkpoint'),
    ...snapshots(text),
    targetIsZero: values['destination-is-zero'] === true,
    isSparse: values['no-sparse'] !== true,
    zeroOutside: values['zero-outside'] === true,
    rateBytesPerS: rateOf(number('rate', { min: 0, max: 1024 * GiB })),
    retries: number('retries', { min: 0, max: 1_000 }) ?? 5,
    tlsCertificates: text('tls-certificates'),
    allowNoFlush: values['allow-no-flush'] === true,
    verify: verifyMode(text('verify')),
    progress: values['progress'] === true,
    json: values['json'] === true,
  };
  checkTogether(parsed);
  return parsed;
}

/** A context's name has 4096 bytes, and 18 of them are "qemu:dirty-bitmap:". */
const BITMAP_BYTES_MAX = 4078;

function checkTogether({ source, target, zeroOutside, extentsPath, bitmap, tlsCertificates }: CopyArguments): void {
  // Who gives certificates believes that something is encrypted.
  if (tlsCertificates !== undefined && ![source, target].some((name) => /^nbds/i.test(name)))
    throw usage('--tls-certificates needs an nbds:// or nbds+unix:// URI');
  if (zeroOutside && extentsPath === undefined) throw usage('--zero-outside needs --extents');
  if (bitmap === undefined) return;
  if (extentsPath !== undefined) throw usage('--bitmap and --extents exclude each other');
  if (Buffer.byteLength(bitmap) > BITMAP_BYTES_MAX) throw usage('--bitmap needs the name of a bitmap');
  if (!isNbdUri(source)) throw usage('--bitmap needs an NBD URI as SRC: only a qemu server has dirty bitmaps');
}

/** 0 lifts a limit wherever one is told. */
function rateOf(bytesPerS: number | undefined): number | undefined {
  if (bytesPerS === undefined || bytesPerS === 0) return undefined;
  if (bytesPerS >= BYTES_PER_S_MIN) return bytesPerS;
  throw usage(`--rate takes bytes per second, at least ${BYTES_PER_S_MIN} (64K), not ${bytesPerS}; 50M is 50 MiB/s`);
}

/** Each thread has its share of the connections to each side, at least one; what is left over is the first one's. */
function carriersOf(connections: number | undefined, threads: number | undefined) {
  if (threads !== undefined && threads > (connections ?? threads))
    throw usage('--threads cannot be more than --connections');
  const carriers = threads ?? Math.min(THREADS, connections ?? THREADS);
  const all = connections ?? CONNECTIONS_EACH * carriers;
  const ofThread = Math.floor(all / carriers);
  return { threads: carriers, connections: { first: all - (carriers - 1) * ofThread, ofThread } };
}

/** A new snapshot without what changed, or the other way round, would make a mixture of two states. */
function snapshots(text: (name: string) => string | undefined): Pick<CopyArguments, 'snapshot' | 'changed'> {
  const [snapshot, path, since] = [text('snapshot'), text('changed'), text('changed-since')];
  if (snapshot === undefined && path === undefined && since === undefined) return { snapshot, changed: undefined };
  if (text('checkpoint') === undefined) throw usage('--snapshot and --changed need --checkpoint');
  if (snapshot === undefined) throw usage('--changed needs --snapshot');
  if ((path === undefined) !== (since === undefined)) throw usage('--changed and --changed-since need each other');
  for (const id of [snapshot, since ?? 'none']) {
    if (!/^[\x21-\x7e]{1,200}$/.test(id)) throw usage('a snapshot is named by 1 to 200 printable characters');
  }
  if (since === snapshot) throw usage('--snapshot and --changed-since name the same state');
  return { snapshot, changed: path === undefined || since === undefined ? undefined : { path, since } };
}

function parse(args: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  const strings = VALUES;
  try {
    return parseArgs({
      args: withVerifyMode(args),
      allowPositionals: true,
      options: {
        ...Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean' }] as const)),
        ...Object.fromEntries(strings.map((name) => [name, { type: 'string' }] as const)),
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = (message.split('\n', 1)[0] ?? message).replace(/\.( To specify.*)?$/, '');
    throw usage(line.replace(/ argument is ambiguous$/, ' needs a value, and none that begins with a dash'));
  }
}

/** `--verify` alone means full; parseArgs knows options with a value and options without, none that may have one. */
function withVerifyMode(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((arg, index) => (arg === '--verify' && index < end ? '--verify=full' : arg));
}

function verifyMode(text: string | undefined): VerifyMode {
  if (text === undefined) return 'off';
  if (text === 'off' || text === 'sample' || text === 'full') return text;
  throw usage(`--verify takes off, sample or full, not "${text}"`);
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly step?: number;
}

/** Whole numbers; K, M and G multiply by powers of 1024. */
function parseNumber(option: string, text: string, { min, max, step = 1 }: Bounds): number {
  const match = /^(\d{1,15})([KMG]?)$/i.exec(text);
  const factor = { '': 1, K: KiB, M: MiB, G: GiB }[match?.[2]?.toUpperCase() ?? ''] ?? 1;
  const value = Number(match?.[1] ?? NaN) * factor;
  if (value >= min && value <= max && value % step === 0) return value;
  const steps = `${step === 1 ? '' : ` in steps of ${step}`}${max < KiB ? '' : ' (K, M and G are powers of 1024)'}`;
  throw usage(`${option} takes a number from ${min} to ${max}${steps}, not "${text}"`);
}

export function usage(message: string): AppError {
  return invalidRequest('copy.usage', message, { hint: 'see migratekit copy --help' });
}
