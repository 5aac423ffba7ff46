import type { Response } from 'express';
import type { Knex } from 'knex';
import { notFound } from '../base/errors.ts';
import { findOperation } from '../db/stores/volume-operation-store.ts';
import { attachVolume, volumeOperation, type VolumeAction } from '../queues/jobs/attach-volume.ts';
import type { Ledger } from '../queues/ledger.ts';
import { submit } from '../queues/submit.ts';
import { presentOperation } from './present.ts';

/** Submits the job of a change and answers 202 with its operation. */
export async function acceptOperation(
  { db, ledger }: { readonly db: Knex; readonly ledger: Ledger },
  res: Response,
  payload: VolumeAction,
): Promise<void> {
  const { jobId } = await submit(ledger, {
    contract: attachVolume,
    payload,
    root: false,
    requestId: res.locals.requestId,
    domainRows: volumeOperation(payload),
  });
  const operation = await findOperation(db, jobId);
  if (operation === undefined) throw notFound('operation.unknown', `operation ${jobId} is gone already`);
  res.status(202).location(`/api/v1/operations/${jobId}`).json(presentOperation(operation));
}
