import { listFindings, listLooks, type StoredFinding, type VolumeLook } from '../../db/stores/volume-finding-store.ts';
import { isConfirmed, volumeNextStep } from '../../domain/volume-findings.ts';
import { decodeCursor, nextCursor } from '../../http/cursor.ts';
import { CLOUD_REFUSALS, STORED_CLOUD_REFUSALS, THROUGH_CLOUD_MS } from '../cloud/refusals.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { Page } from '../schemas/fields.ts';
import {
  AdoptedVolume,
  RemovedVolume,
  RemoveVolumeQuery,
  VolumeFindingPath,
  VolumeFindings,
} from '../schemas/volume-findings.ts';
import { adoptVolume } from '../volumes/adopt.ts';
import { removeVolume } from '../volumes/remove.ts';

const tag = 'volumes';
const LIMIT_DEFAULT = 200;
const FINDING_REFUSALS = [
  { status: 404, codes: ['volume-finding.unknown'] },
  {
    status: 409,
    codes: [
      'volume-finding.wrong-kind',
      'volume-finding.not-confirmed',
      'volume.attached',
      'volume.renamed',
      'volume.in-work',
    ],
  },
  ...CLOUD_REFUSALS,
  ...STORED_CLOUD_REFUSALS,
];

/** Where our rows and CloudStack disagree, and what a person may do about it. */
export const volumeFindingRoutes = (context: ApiContext): readonly Route[] => [
  show(context),
  adopt(context),
  remove(context),
];

const show = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/volumes/findings',
    summary: 'Where our rows and the volumes of CloudStack disagree',
    description:
      'What the job reconcile-volumes, or force-sync of the volume daemon, found last. A volume that another VM has is ' +
      'copied in full next; else a finding changes nothing. The field next_step says what a person does.',
    tag,
    params: noParams,
    query: Page,
    body: noBody,
    answers: { 200: { description: 'a page of findings', schema: VolumeFindings } },
    async handle({ query }) {
      const { limit = LIMIT_DEFAULT } = query;
      const [kind, name, volumeId] = decodeCursor(query.cursor, 3) ?? [];
      const after = kind === undefined ? undefined : ([kind, name ?? '', volumeId ?? ''] as const);
      const { findings, total } = await listFindings(db, { limit, after });
      const next = nextCursor({ rows: findings, limit }, (row) => [row.kind, row.name, row.volumeId]);
      const looks = (await listLooks(db)).map(presentLook);
      return { status: 200, body: { findings: findings.map(present), looks, count: total, next_cursor: next } };
    },
  });

const adopt = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/volumes/findings/{volume_id}/adopt',
    summary: 'Tie an orphaned volume to the disk that its name tells',
    description: 'Only when that disk has no volume and the sizes fit. The next copy of the disk is a full one.',
    tag,
    params: VolumeFindingPath,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'tied', schema: AdoptedVolume } },
    refusals: [
      ...FINDING_REFUSALS,
      {
        status: 409,
        codes: [
          'volume.gone',
          'volume.no-disk',
          'volume.disk-has-volume',
          'volume.context-busy',
          'volume.too-small',
          'volume.other-cloud',
        ],
      },
    ],
    answersWithinMs: THROUGH_CLOUD_MS,
    async handle({ params }) {
      const { contextId, diskId } = await adoptVolume(context, params.volume_id);
      return { status: 200, body: { volume_id: params.volume_id, vm_context_id: contextId, disk_id: diskId } };
    },
  });

const remove = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/volumes/findings/{volume_id}/remove',
    summary: 'Delete a volume that nobody needs, or the rows of one that is gone',
    description:
      'A job of the volume daemon deletes it; its row stays until CloudStack has confirmed. Refused for anything that is ' +
      'attached, or not named as ours.',
    tag,
    params: VolumeFindingPath,
    query: RemoveVolumeQuery,
    body: noBody,
    answers: { 202: { description: 'accepted', schema: RemovedVolume } },
    refusals: [...FINDING_REFUSALS, { status: 409, codes: ['volume.back', 'volume-finding.unconfirmed-name'] }],
    answersWithinMs: THROUGH_CLOUD_MS,
    async handle({ params, query, req }) {
      const { volume_id: volumeId } = params;
      const requestId = req.res?.locals.requestId;
      const jobId = await removeVolume(context, { volumeId, confirmName: query.confirm_name, requestId });
      return { status: 202, body: { volume_id: volumeId, job_id: jobId } };
    },
  });

const present = (finding: StoredFinding): Record<string, unknown> => ({
  volume_id: finding.volumeId,
  kind: finding.kind,
  name: finding.name,
  vm_context_id: finding.contextId,
  text: finding.text,
  next_step: volumeNextStep(finding.kind),
  confirmed: isConfirmed(finding),
  looks: finding.looks,
  first_seen_at: finding.firstSeenAt.toISOString(),
  last_seen_at: finding.lastSeenAt.toISOString(),
  details: finding.details,
  ossea_config_id: finding.configId,
});

const presentLook = (look: VolumeLook): Record<string, unknown> => ({
  ossea_config_id: look.configId,
  tried_at: look.triedAt.toISOString(),
  looked_at: look.lookedAt?.toISOString() ?? null,
  volumes: look.volumes,
  error: look.error,
});
