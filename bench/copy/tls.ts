import { GiB } from '../../src/base/units.ts';
import { atLeast, type Benchmark } from '../frame/benchmark.ts';
import { rounded } from '../frame/statistics.ts';
import { makeCertificates } from './certificates.ts';
import { assertSame, Disks, roomFor } from './disks.ts';
import { fight } from './duel.ts';
import { nbdcopy, ours, type Side } from './side.ts';

const ROUNDS = 5;

export const copyTls: Benchmark = {
  name: 'copy-tls',
  what: 'a disk full of data where both servers insist on TLS, against nbdcopy with the same certificates',
  async run(say) {
    const bytes = roomFor(4 * GiB);
    using disks = new Disks(2 * bytes);
    const certificates = makeCertificates(disks.path('certificates'));
    const source = await disks.dense('source', bytes);
    const target = await disks.dense('target', bytes);
    const tls = ['--tls=require', `--tls-certificates=${certificates}`, '--tls-verify-peer'];
    const secure = (uri: string): string => `${uri.replace('nbd+', 'nbds+')}&tls-certificates=${certificates}`;
    const over = (side: Side): Side => ({ ...side, command: (from, to) => side.command(secure(from), secure(to)) });
    const standings = await fight({
      sides: [over(ours()), over({ ...ours('--threads', '1'), name: 'ours with one thread' }), over(nbdcopy())],
      rounds: ROUNDS,
      bytes,
      say,
      open: () => disks.open([...tls, '--readonly', 'file', source], [...tls, 'file', target]),
      check: () => Promise.resolve(assertSame(source, target)),
    });
    const [our, peer] = [standings.get('ours'), standings.get('nbdcopy')];
    return {
      gib: bytes / GiB,
      sides: Object.fromEntries(standings),
      cpu_share: rounded((our?.cpu_s ?? NaN) / (peer?.cpu_s ?? NaN)),
      figures: { speed: atLeast((peer?.wall_s ?? NaN) / (our?.wall_s ?? NaN), 0.8) },
    };
  },
};
