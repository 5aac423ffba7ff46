import { notFound } from '../../base/errors.ts';
import { Secret } from '../../config/secrets.ts';
import type { Knex } from '../../db/knex.ts';
import { findDefaultCredential, listCredentials } from '../../db/stores/vmware-credential-store.ts';
import type { ApiContext } from '../context.ts';
import { decodeCursor, nextCursor } from '../../http/cursor.ts';
import { NOT_MODIFIED, STALE, tagged } from '../etag.ts';
import { once, requestKey } from '../replications/once.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { IfMatch, IfNoneMatch } from '../schemas/conditional-headers.ts';
import { IdempotencyHeader, Page } from '../schemas/fields.ts';
import {
  CreateVmwareCredential,
  CredentialIdParam,
  CredentialMessage,
  CredentialTested,
  UpdateVmwareCredential,
  VmwareCredential,
  VmwareCredentialList,
} from '../schemas/vmware-credentials.ts';
import { setDefaultCredential, updateCredential } from '../vmware-credentials/change.ts';
import { createCredential } from '../vmware-credentials/create.ts';
import { removeCredential } from '../vmware-credentials/delete.ts';
import { credentialOf, presentCredential } from '../vmware-credentials/show.ts';
import { testCredential } from '../vmware-credentials/test.ts';
import { THROUGH_VMA_MS } from '../vcenter-refusals.ts';

const LIMIT_DEFAULT = 1000;
const tag = 'vmware-credentials';
const UNKNOWN = { status: 404, codes: ['credential.unknown'] };

/** The fixed path comes before the pattern of an id, which would match it too. */
export const vmwareCredentialRoutes = (context: ApiContext): readonly Route[] => [
  list(context.db),
  create(context),
  showDefault(context.db),
  show(context.db),
  update(context),
  remove(context.db),
  setDefault(context.db),
  test(context),
];

const list = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vmware-credentials',
    summary: 'Accounts of vCenters, by name',
    tag,
    params: noParams,
    query: Page,
    body: noBody,
    answers: { 200: { description: 'a page of credentials, without passwords', schema: VmwareCredentialList } },
    async handle({ query }) {
      const limit = query.limit ?? LIMIT_DEFAULT;
      const [after] = decodeCursor(query.cursor, 1) ?? [];
      const { total, rows } = await listCredentials(db, { limit, after });
      const body = {
        count: total,
        credentials: rows.map(presentCredential),
        next_cursor: nextCursor({ rows, limit }, (row) => [row.credentialName]),
      };
      return { status: 200, body };
    },
  });

const create = ({ db, box }: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/vmware-credentials',
    summary: 'Save an account of a vCenter',
    description: 'The password is sealed before it is stored (AES-256-GCM), for this credential and this host only.',
    tag,
    params: noParams,
    query: noQuery,
    headers: IdempotencyHeader,
    body: CreateVmwareCredential,
    answers: {
      201: { description: 'saved', schema: VmwareCredential, headers: ['Location', 'Idempotent-Replayed'] },
    },
    refusals: [
      { status: 409, codes: ['credential.exists', 'credential.inactive'] },
      { status: 422, codes: ['secret.no-key', 'idempotency.key-reused'] },
    ],
    handle({ body, user, req }) {
      const sealing = box();
      // A plain digest of a short password could be tried out by whoever reads the table.
      const password = sealing.digest(new Secret(body.password));
      const key = requestKey(req, user, { ...body, password });
      return once(db, key, () => createCredential(db, sealing, { body, user, key }));
    },
  });

const showDefault = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vmware-credentials/default',
    summary: 'The credential that is used where none is named',
    tag,
    params: noParams,
    query: noQuery,
    headers: IfNoneMatch,
    body: noBody,
    answers: { 200: { description: 'the default', schema: VmwareCredential, headers: ['ETag'] }, ...NOT_MODIFIED },
    refusals: [{ status: 404, codes: ['credential.no-default'] }],
    async handle({ req }) {
      const found = await findDefaultCredential(db);
      if (found !== undefined) return tagged(req, presentCredential(found));
      throw notFound('credential.no-default', 'no VMware credential is the default', {
        hint: 'make one the default with PUT /api/v1/vmware-credentials/{id}/set-default',
      });
    },
  });

const show = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vmware-credentials/{id}',
    summary: 'One account of a vCenter',
    tag,
    params: CredentialIdParam,
    query: noQuery,
    headers: IfNoneMatch,
    body: noBody,
    answers: { 200: { description: 'the credential', schema: VmwareCredential, headers: ['ETag'] }, ...NOT_MODIFIED },
    refusals: [UNKNOWN],
    async handle({ params, req }) {
      return tagged(req, presentCredential(await credentialOf(db, params.id)));
    },
  });

const update = ({ db, box }: ApiContext): Route =>
  defineRoute({
    method: 'put',
    path: '/vmware-credentials/{id}',
    summary: 'Change an account of a vCenter',
    description:
      'Sets what the body names and leaves the rest. With another vcenter_host the password must be sent, too: one that ' +
      'was saved for another server is never sent to the new one.',
    tag,
    params: CredentialIdParam,
    query: noQuery,
    headers: IfMatch,
    body: UpdateVmwareCredential,
    answers: { 200: { description: 'as it is now', schema: VmwareCredential, headers: ['ETag'] } },
    refusals: [
      UNKNOWN,
      { status: 409, codes: ['credential.exists', 'credential.inactive'] },
      STALE,
      { status: 422, codes: ['credential.password-needed', 'secret.no-key'] },
    ],
    async handle({ params, body, req }) {
      return tagged(req, await updateCredential(db, box, { id: params.id, body, ifMatch: req.get('if-match') }));
    },
  });

const remove = (db: Knex): Route =>
  defineRoute({
    method: 'delete',
    path: '/vmware-credentials/{id}',
    summary: 'Delete an account of a vCenter',
    description: 'Refused while a VM uses it, and for the last active one.',
    tag,
    params: CredentialIdParam,
    query: noQuery,
    headers: IfMatch,
    body: noBody,
    answers: { 200: { description: 'deleted', schema: CredentialMessage } },
    refusals: [UNKNOWN, { status: 409, codes: ['credential.in-use', 'credential.last-active'] }, STALE],
    async handle({ params, req }) {
      return {
        status: 200,
        body: { message: await removeCredential(db, { id: params.id, ifMatch: req.get('if-match') }) },
      };
    },
  });

const setDefault = (db: Knex): Route =>
  defineRoute({
    method: 'put',
    path: '/vmware-credentials/{id}/set-default',
    summary: 'Make an account the default',
    description: 'At most one is the default: the one that was is not any more.',
    tag,
    params: CredentialIdParam,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'it is the default', schema: CredentialMessage } },
    refusals: [UNKNOWN, { status: 409, codes: ['credential.inactive'] }],
    async handle({ params }) {
      return { status: 200, body: { message: `${await setDefaultCredential(db, params.id)} is the default now` } };
    },
  });

const test = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/vmware-credentials/{id}/test',
    summary: 'Try an account of a vCenter out',
    description:
      'Signs in through the VMA and counts the VMs. A password that is refused, or a vCenter that does not answer, is ' +
      'the outcome: success is false, with error_code and hint.',
    tag,
    params: CredentialIdParam,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'the outcome', schema: CredentialTested } },
    answersWithinMs: THROUGH_VMA_MS,
    refusals: [
      UNKNOWN,
      { status: 409, codes: ['credential.inactive'] },
      { status: 422, codes: ['secret.no-key', 'secret.other-key', 'secret.damaged'] },
      { status: 503, codes: ['vma.unreachable', 'vma.token-refused'] },
    ],
    async handle({ params }) {
      return { status: 200, body: await testCredential(context, params.id) };
    },
  });
