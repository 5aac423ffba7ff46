import { diskLetters } from '../../domain/failover/conversion.ts';
import type { ConversionDisk } from './conversion.ts';

/**
 * The guest as virt-v2v is told of it: the only way to name several disks. Source: libvirt, domain XML; virt-v2v(1),
 * "-i libvirtxml".
 */
export function domainXml(disks: readonly ConversionDisk[], firmware: 'bios' | 'uefi'): string {
  const bootFirmware = firmware === 'uefi' ? " firmware='efi'" : '';
  return [
    "<domain type='vmware'>",
    '  <name>guest</name>',
    "  <memory unit='MiB'>1024</memory>",
    '  <vcpu>1</vcpu>',
    `  <os${bootFirmware}><type arch='x86_64'>hvm</type><boot dev='hd'/></os>`,
    '  <devices>',
    ...disks.map((disk, index) => diskElement(disk, index)),
    '  </devices>',
    '</domain>',
    '',
  ].join('\n');
}

function diskElement({ path, kind }: ConversionDisk, index: number): string {
  const source = kind === 'block' ? `dev='${escaped(path)}'` : `file='${escaped(path)}'`;
  return (
    `    <disk type='${kind}' device='disk'><driver name='qemu' type='raw'/>` +
    `<source ${source}/><target dev='sd${diskLetters(index)}' bus='scsi'/></disk>`
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
};
const escaped = (text: string): string => text.replace(/[&<>'"]/g, (char) => ESCAPES[char] ?? char);
