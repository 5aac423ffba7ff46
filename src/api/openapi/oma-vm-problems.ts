import { conflict, notFound, type AppError } from '../../base/errors.ts';
import { JOB } from './problem-parts.ts';

/** What refusals to forget an OMA VM look like. */

const VM = 'oma-2';
const ID = '7c2f4b8e-6a10-4d3b-9f5e-1b2a3c4d5e6f';
const VOLUME = { path: 'vm_id', message: 'migration-web01-web01-disk-0 (0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0)' };

export const OMA_VM_PROBLEMS: readonly AppError[] = [
  notFound('oma-vm.not-registered', `there is no OMA VM ${ID}`, {
    hint: 'GET /api/v1/attach-slots lists them; a volume daemon registers its own when it starts',
  }),
  conflict('oma-vm.alive', `the volume daemon of ${VM} was heard of at 2026-01-31T12:00:00.000Z`, {
    hint: 'only a VM whose volume daemon has stopped is forgotten: stop it, and ask again half a minute later',
  }),
  conflict('oma-vm.configured', `the configuration production says that the appliance is ${VM}`, {
    hint: 'name another VM there first: migratekit cloud configure production --oma-vm ID',
  }),
  conflict('oma-vm.in-use', `jobs that have not ended work with volumes at ${VM}`, {
    details: { errors: [{ path: 'vm_id', message: `job ${JOB} has attach slots there` }] },
    hint: 'cancel them, or wait for their end; errors lists them',
  }),
  conflict('oma-vm.has-volumes', `cloudstack has 1 volume of ours at ${VM}`, {
    details: { errors: [VOLUME] },
    hint: 'where the VM will not come back: destroy it in cloudstack, or stop it and detach them there',
  }),
  conflict('oma-vm.has-overlays', `the last committed changes of 1 volume lie on ${VM} alone`, {
    details: { errors: [VOLUME] },
    hint: 'where its disk can be had again, start it with its volume daemon; else send lose_overlays=true',
  }),
];
