import { CLOUD_REFUSALS, STORED_CLOUD_REFUSALS, THROUGH_CLOUD_MS } from '../cloud/refusals.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, type Route } from '../route.ts';
import { ForgetOmaVmQuery, ForgottenOmaVm, OmaVmPath } from '../schemas/oma-vms.ts';
import { forgetGoneOmaVm } from '../volumes/forget-oma-vm.ts';

/** The OMA VMs; GET /attach-slots lists them. */
export const omaVmRoutes = (context: ApiContext): readonly Route[] => [
  defineRoute({
    method: 'delete',
    path: '/oma-vms/{vm_id}',
    summary: 'Forget an OMA VM that is gone for good',
    description:
      'For a VM whose volume daemon will not come back: volumes that our rows have there could be attached nowhere else. ' +
      'CloudStack is asked about each of them first; where it has one at that VM, nothing is changed. The others count as ' +
      'detached, and their next copies are of all of them.',
    tag: 'volumes',
    params: OmaVmPath,
    query: ForgetOmaVmQuery,
    body: noBody,
    answers: { 200: { description: 'forgotten', schema: ForgottenOmaVm } },
    refusals: [
      { status: 404, codes: ['oma-vm.not-registered'] },
      {
        status: 409,
        codes: ['oma-vm.alive', 'oma-vm.configured', 'oma-vm.in-use', 'oma-vm.has-volumes', 'oma-vm.has-overlays'],
      },
      ...CLOUD_REFUSALS,
      ...STORED_CLOUD_REFUSALS,
    ],
    answersWithinMs: THROUGH_CLOUD_MS,
    async handle({ params, query }) {
      const asked = { vmId: params.vm_id, loseOverlays: query.lose_overlays === 'true' };
      return { status: 200, body: await forgetGoneOmaVm(context, asked) };
    },
  }),
];
