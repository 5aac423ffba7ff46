import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { invalidRequest } from '../../base/errors.ts';
import { MiB } from '../../base/units.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { addDiscovered } from './add-discovered.ts';
import { COMMON_HELP, parseOptions, usage } from '../options.ts';
import { isSyntaxError, messageOf } from '../thrown.ts';
import { plainText } from '../view/text.ts';

const VMS_MAX = 10_000;
/** The API takes no larger body. */
const FILE_MAX_BYTES = MiB;

/** A file holds the VM alone, or with where it is. */
const VmFile = z.union([
  z.strictObject({ source_vm: SourceVm, vcenter_host: z.string().optional(), datacenter: z.string().optional() }),
  SourceVm.transform((source_vm) => ({ source_vm, vcenter_host: undefined, datacenter: undefined })),
]);
type VmFile = z.output<typeof VmFile>;

export const vmsAdd: Command = {
  help: `usage: migratekit vms add --credential NAME VM... | --all [options]
       migratekit vms add FILE|- [options]
       migratekit vms add --name NAME --path PATH --id UUID --vcenter-host HOST [options]

Makes VMs known without replicating them. With --credential, or --all, they are those of a vCenter: VM is a name, an
inventory path or an instance uuid, as migratekit vms discover lists them. One that is known already is brought up to
date, and nothing else.

  --credential NAME    a saved account (migratekit credentials); with --all without it the default one
  --all                all VMs that the account sees
  --filter TEXT        with --all: only those with this in their names
  --datacenter NAME    another datacenter than that of the account

FILE (- is standard input) holds one JSON object: a VM as its source describes it (id, name, path, disks, ...),
or {"source_vm": ..., "vcenter_host": ..., "datacenter": ...}. Disks that are not given are found when it is replicated.

  --name NAME          name of the VM
  --path PATH          its inventory path, e.g. /DC/vm/web01
  --id UUID            its BIOS uuid
  --vcenter-host HOST  its vCenter; also beside FILE
  --datacenter NAME    its datacenter; also beside FILE
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal } = context;
    const { values, positionals } = parseOptions(
      args,
      {
        credential: { type: 'string' },
        all: { type: 'boolean', default: false },
        filter: { type: 'string' },
        name: { type: 'string' },
        path: { type: 'string' },
        id: { type: 'string' },
        'vcenter-host': { type: 'string' },
        datacenter: { type: 'string' },
      },
      { least: 0, most: VMS_MAX, what: 'FILE' },
    );
    if (values.credential !== undefined || values.all) {
      const { credential, datacenter, filter, all, json } = values;
      const asked = { credential, datacenter, filter, all, json, names: positionals };
      return addDiscovered(await openApi(context, values.lab), terminal, asked);
    }
    if (positionals.length > 1)
      throw usage(`unexpected argument ${positionals[1]}: VMs of a vCenter need --credential`);
    const { name, path, id } = values;
    const [file] = positionals;
    const isDescribed = name !== undefined || path !== undefined || id !== undefined;
    if (isDescribed === (file !== undefined)) throw usage('expected either FILE, or --name, --path and --id');
    const given = file === undefined ? described({ name, path, id }) : await readVm(file);
    const host = values['vcenter-host'] ?? given.vcenter_host;
    const datacenter = values.datacenter ?? given.datacenter;
    const api = await openApi(context, values.lab);
    const added = await api.addVm({
      source_vm: given.source_vm,
      vcenter_host: host,
      datacenter,
    });
    if (values.json) outJson(terminal, added);
    else {
      terminal.out(`${plainText(added.vm_name)} is known as ${plainText(added.context_id)}`);
      terminal.err(`replicate it: migratekit replicate ${plainText(added.context_id)}`);
    }
    return EXIT.done;
  },
};

function described(vm: { readonly [field in 'name' | 'path' | 'id']: string | undefined }): VmFile {
  return checked(vm, 'the VM');
}

async function readVm(file: string): Promise<VmFile> {
  const where = file === '-' ? 'standard input' : file;
  let content: string;
  try {
    if (file !== '-' && (await stat(file)).size > FILE_MAX_BYTES) throw new Error('it is larger than 1 MiB');
    content = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (cause) {
    throw invalidRequest('cli.usage', `${where} cannot be read: ${messageOf(cause)}`, { cause });
  }
  try {
    return checked(JSON.parse(content), where);
  } catch (cause) {
    if (!isSyntaxError(cause)) throw cause;
    throw invalidRequest('cli.usage', `${where} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** The API checks again; here the person learns what is wrong with which field of the file. */
function checked(value: unknown, where: string): VmFile {
  const isWrapped = typeof value === 'object' && value !== null && 'source_vm' in value;
  const parsed = VmFile.safeParse(value);
  if (parsed.success) return parsed.data;
  // A union reports both ways to read it; the one that was meant is told by source_vm.
  const issue = parsed.error.issues[0];
  const ways = issue?.code === 'invalid_union' ? issue.errors : [parsed.error.issues];
  const issues = (isWrapped ? ways[0] : ways.at(-1)) ?? [];
  throw invalidRequest('cli.usage', `${where} does not describe a VM`, {
    details: { errors: issues.map(({ path, message }) => ({ path: path.join('.'), message })) },
  });
}
