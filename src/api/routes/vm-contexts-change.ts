import type { ApiContext } from '../context.ts';
import { once, requestKey } from '../replications/once.ts';
import { defineRoute, noBody, noQuery, type Route } from '../route.ts';
import { IdempotencyHeader } from '../schemas/fields.ts';
import {
  AssignCredential,
  ContextDeletionAccepted,
  ContextIdParam,
  CredentialAssigned,
} from '../schemas/vm-contexts.ts';
import { assignCredential } from '../vm-contexts/assign-credential.ts';
import { acceptForgetting } from '../vm-contexts/delete.ts';

const tag = 'vm-contexts';

export const vmContextChangeRoutes = (context: ApiContext): readonly Route[] => [assign(context), remove(context)];

const assign = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'put',
    path: '/vm-contexts/{context_id}/credential',
    summary: 'Choose the account with which a VM is read',
    description: 'Discovery sets it to the account that found the VM. It must be one of the vCenter of the VM.',
    tag,
    params: ContextIdParam,
    query: noQuery,
    body: AssignCredential,
    answers: { 200: { description: 'as it is now', schema: CredentialAssigned } },
    refusals: [
      { status: 404, codes: ['context.unknown', 'credential.unknown'] },
      { status: 409, codes: ['credential.inactive', 'credential.other-vcenter'] },
    ],
    async handle({ params, body }) {
      const asked = { contextId: params.context_id, credentialId: body.credential_id };
      return { status: 200, body: await assignCredential(db, asked) };
    },
  });

const remove = ({ db, ledger }: ApiContext): Route =>
  defineRoute({
    method: 'delete',
    path: '/vm-contexts/by-id/{context_id}',
    summary: 'Delete a VM with its replications and target volumes',
    description:
      'A job does it; GET /jobs/{deletion_tracking_id} follows it. First the volumes are deleted in the cloud and what ' +
      'the source still has of us is ended, then the VM is forgotten. While the cloud or another VM keeps a volume the ' +
      'job fails and the VM stays: delete it again. The VM itself, in its vCenter, is not touched.',
    tag,
    params: ContextIdParam,
    query: noQuery,
    headers: IdempotencyHeader,
    body: noBody,
    answers: {
      202: { description: 'accepted', schema: ContextDeletionAccepted, headers: ['Location', 'Idempotent-Replayed'] },
    },
    refusals: [
      { status: 404, codes: ['context.unknown'] },
      { status: 409, codes: ['context.failed-over', 'failover.active', 'context.busy'] },
      { status: 422, codes: ['idempotency.key-reused'] },
    ],
    handle({ params, user, req }) {
      const key = requestKey(req, user, {});
      const asked = { contextId: params.context_id, user, requestId: req.res?.locals.requestId, key };
      return once(db, key, () => acceptForgetting(ledger, asked));
    },
  });
