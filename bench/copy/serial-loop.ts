// The peer of copy-incremental: what a first version of any tool does. Reads one changed area, writes it, reads the next;
// one connection to each side, at most 2 MiB at a time, nothing merged, one FLUSH at the end.
// serial-loop.ts EXTENTS SRC DST
import { readFileSync } from 'node:fs';
import { MiB } from '../../src/base/units.ts';
import { openNbdDevice } from '../../src/nbd/device.ts';

const PIECE_BYTES = 2 * MiB;

const [extents = '', source = '', target = ''] = process.argv.slice(2);
const areas = JSON.parse(readFileSync(extents, 'utf8')) as { offset: number; length: number }[];
await using from = await openNbdDevice(source, { connections: 1, readOnly: true });
await using to = await openNbdDevice(target, { connections: 1 });
const buffer = Buffer.alloc(PIECE_BYTES);
for (const { offset, length } of areas) {
  for (let done = 0; done < length; done += PIECE_BYTES) {
    const piece = buffer.subarray(0, Math.min(PIECE_BYTES, length - done));
    await from.read(offset + done, piece);
    await to.write(offset + done, piece);
  }
}
await to.flush();
