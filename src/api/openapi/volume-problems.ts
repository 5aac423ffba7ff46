import { conflict, notFound, type AppError } from '../../base/errors.ts';
import { JOB } from './problem-parts.ts';

/** What refusals that have to do with findings about volumes look like. */

const ID = '0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0';
const NAME = 'migration-web01-web01-disk-0';
const SEE = 'see next_step in GET /api/v1/volumes/findings';

export const VOLUME_PROBLEMS: readonly AppError[] = [
  notFound('volume-finding.unknown', `nothing is known against volume ${ID}`, {
    hint: 'see GET /api/v1/volumes/findings; POST /api/v1/admin/force-sync of the volume daemon looks anew',
  }),
  conflict('volume-finding.wrong-kind', `volume ${ID} is found other-size`, { hint: SEE }),
  conflict('volume-finding.not-confirmed', `volume ${ID} was seen so only once`, {
    hint: 'wait for the next look, or have it done: POST /api/v1/admin/force-sync of the volume daemon',
  }),
  conflict('volume-finding.unconfirmed-name', `volume ${NAME} may belong to another installation`, {
    hint: 'when you are sure that nobody needs it, send its name as ?confirm_name=',
  }),
  conflict('volume.attached', `volume ${NAME} is attached to VM web01`, {
    hint: 'find out who needs it; detach it in cloudstack first',
  }),
  conflict('volume.renamed', `volume ${ID} is named data-17 by now`, {
    hint: 'somebody works with it; the next look finds it anew, if at all',
  }),
  conflict('volume.in-work', `cloudstack works on volume ${NAME}`, { hint: 'try again later' }),
  conflict('volume.gone', `volume ${ID} is not in cloudstack any more`, { hint: 'nothing is left to do' }),
  conflict('volume.back', `volume ${ID} is in cloudstack again`, {
    hint: 'nothing was removed; the next look puts this right',
  }),
  conflict('volume.no-disk', `no disk of ours is named as volume ${NAME} says`, {
    hint: 'its VM has no such disk (any more): remove the volume instead',
  }),
  conflict('volume.disk-has-volume', `the disk of volume ${NAME} has another volume, or is gone`, {
    hint: 'remove the volume that nobody needs',
  }),
  conflict('volume.context-busy', `job ${JOB} works on the VM of volume ${NAME}`, {
    hint: 'wait for its end, or cancel it',
  }),
  conflict('volume.too-small', `volume ${NAME} is smaller than its disk`, {
    hint: 'the disk has 40.0 GiB: remove the volume, or resize it in cloudstack',
  }),
  conflict('volume.other-cloud', `the other volumes of the VM of volume ${NAME} are in another cloud`, {
    hint: 'all volumes of a VM are in one cloud: remove the volume instead',
  }),
];
