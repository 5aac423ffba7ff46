import { precondition } from '../../base/errors.ts';
import type { InspectedSystem } from '../../domain/failover/conversion.ts';
import type { ConversionDisk } from './conversion.ts';
import { runGroup, type Call } from './program.ts';

/** Which systems are on the disks. Reads only. Source: virt-inspector(1). */

/** What virt-inspector may say about one VM. */
const OUTPUT_CHARS_MAX = 4 * 1024 * 1024;

/**
 * The systems on these disks, in the order in which they are found.
 * @throws precondition `conversion.not-inspectable`, and what runGroup throws
 */
export async function inspect(
  disks: readonly ConversionDisk[],
  call: Pick<Call, 'env' | 'deadlineMs' | 'signal'>,
): Promise<InspectedSystem[]> {
  let xml = '';
  const { code, words } = await runGroup({
    ...call,
    program: 'virt-inspector',
    args: ['--no-applications', '--no-icon', ...disks.flatMap(({ path }) => ['--format=raw', '-a', path])],
    onLine: (line) => {
      if (xml.length < OUTPUT_CHARS_MAX) xml += `${line}\n`;
    },
  });
  const systems = systemsIn(xml);
  // It fails where it finds nothing, and says so.
  if (code === 0 || systems.length > 0 || /no operating systems? (was|were|could be)? ?(found|detected)/i.test(words)) {
    return systems;
  }
  throw precondition('conversion.not-inspectable', `virt-inspector cannot read the disks: ${lastLine(words)}`, {
    details: { words: words.slice(-500) },
    hint: 'is the guest encrypted or hibernated? shut it down cleanly and replicate again, or fail over with skip_virtio',
  });
}

const lastLine = (words: string): string => words.split('\n').at(-1)?.slice(0, 300) ?? '';

/** Elements of one level with text in them: no reader of XML is needed for what one program of ours prints. */
export function systemsIn(xml: string): InspectedSystem[] {
  return [...xml.matchAll(/<operatingsystem>([\s\S]*?)<\/operatingsystem>/g)].map(([, system = '']) => ({
    root: textOf(system, 'root'),
    kind: textOf(system, 'name'),
    distribution: textOf(system, 'distro'),
    productName: textOf(system, 'product_name'),
    mounts: Object.fromEntries(
      [...system.matchAll(/<mountpoint dev=["']([^"']*)["']>([^<]*)<\/mountpoint>/g)].map(
        ([, device = '', mount = '']) => [decoded(mount), decoded(device)],
      ),
    ),
  }));
}

const textOf = (xml: string, name: string): string =>
  decoded(new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '');

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const decoded = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (entity, name: string) => ENTITIES[name] ?? entity);
