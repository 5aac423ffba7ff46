import { startNbdkit, type NbdServer, type TestFolder } from './nbd-servers.ts';

/** What a target does with the write at `at`; everything else it does as told. */
export type Lie =
  | 'drops it'
  | 'writes it 64 KiB further on'
  | 'exchanges it with the next'
  | 'flips a byte of it'
  | 'writes half of it';

export interface LyingOptions {
  /** Where the image is kept. */
  readonly image: string;
  readonly at: number;
  /** Length of the write at `at`, and of the next. */
  readonly length: number;
  /** Each time, or only the first time. */
  readonly isPersistent: boolean;
}

/** An nbdkit that serves `image` and says that every write was done. One request at a time. */
export function startLyingTarget(folder: TestFolder, lie: Lie, options: LyingOptions): Promise<NbdServer> {
  const { image, at, length, isPersistent } = options;
  const told = folder.file('told');
  const next = at + length;
  const put = (offset: string): string =>
    `dd of=${image} bs=64K conv=notrunc oflag=seek_bytes iflag=fullblock seek=${offset} status=none`;
  const lies: Record<Lie, string> = {
    'drops it': 'cat > /dev/null',
    'writes it 64 KiB further on': put('$(($4 + 65536))'),
    'exchanges it with the next': put(String(next)),
    'flips a byte of it': `${put('$4')}; printf x | dd of=${image} bs=1 conv=notrunc seek=$(($4 + 1234)) status=none`,
    'writes half of it': `head -c $(($3 / 2)) | ${put('$4')}; cat > /dev/null`,
  };
  const isTold = isPersistent ? 'false' : `[ -e ${told}$4 ]`;
  const other = lie === 'exchanges it with the next' ? `${next}) touch ${told}$4; ${put(String(at))} ;;` : '';
  const pwrite = `
    if ${isTold}; then ${put('$4')}; exit; fi
    case $4 in
      ${at}) touch ${told}$4; ${lies[lie]} ;;
      ${other}
      *) ${put('$4')} ;;
    esac`;
  return startNbdkit(
    folder,
    'eval',
    `get_size=stat -c %s ${image}`,
    `pread=dd if=${image} bs=64K iflag=skip_bytes,count_bytes skip=$4 count=$3 status=none`,
    `pwrite=${pwrite}`,
    'can_write=exit 0',
    'can_flush=exit 0',
    'flush=exit 0',
    `can_zero=exit 0`,
    `zero=head -c $3 /dev/zero | ${put('$4')}`,
  );
}
