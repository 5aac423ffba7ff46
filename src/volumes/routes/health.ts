import { Router } from 'express';
import type { Knex } from 'knex';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { AppError } from '../../base/errors.ts';
import type { CloudWatch } from '../cloud-watch.ts';
import type { Volumes } from '../context.ts';
import type { OwnVmId } from '../own-oma-vm.ts';
import { presentRound } from '../present-device.ts';

export interface HealthParts {
  readonly db: Knex;
  readonly volumes: Volumes;
  readonly deviceDir: string;
  readonly cloud: CloudWatch;
}

type Word = 'healthy' | 'degraded' | 'unhealthy';

/**
 * /health: what the daemon needs. 503 when it cannot work at all; a CloudStack that is away, or a volume without its
 * device, stops only what needs them and makes it `degraded`; so does not knowing which of several OMA VMs this is. Needs
 * no token.
 */
export function healthRoutes({ db, volumes, deviceDir, cloud }: HealthParts): Router {
  const router = Router();
  router.get('/health', async (_req, res) => {
    const exports = volumes.serves() ? 'healthy' : 'unhealthy';
    const round = volumes.devices.last();
    const [database, folder, cloudStack, omaVm] = await Promise.all([
      word(async () => void (await db.raw('select 1'))),
      word(() => access(deviceDir, constants.R_OK)),
      cloud(),
      ownOmaVm(volumes.ownVmId),
    ]);
    const isJudged = omaVm.error_code === null && (round?.troubles.length ?? 0) === 0;
    const devices: Word = folder === 'healthy' && !isJudged ? 'degraded' : folder;
    const works = [database, exports, folder].every((each) => each === 'healthy');
    const whole = devices === 'healthy' && cloudStack.word !== 'unhealthy';
    const status: Word = works ? (whole ? 'healthy' : 'degraded') : 'unhealthy';
    res.status(works ? 200 : 503).json({
      status,
      timestamp: new Date().toISOString(),
      cloudstack_health: cloudStack.word,
      database_health: database,
      device_monitor: devices,
      details: {
        nbd_exports: exports,
        device_dir: deviceDir,
        cloudstack: { error_code: cloudStack.code, checked_at: cloudStack.checkedAt },
        oma_vm: omaVm,
        devices: round === undefined ? null : presentRound(round),
      },
    });
  });
  return router;
}

async function ownOmaVm(
  ownVmId: OwnVmId,
): Promise<{ vm_id: string | null; error_code: string | null; next_step: string | null }> {
  try {
    return { vm_id: (await ownVmId()) ?? null, error_code: null, next_step: null };
  } catch (error) {
    // A database that is away is told by its own word.
    if (!(error instanceof AppError)) return { vm_id: null, error_code: null, next_step: null };
    return { vm_id: null, error_code: error.code, next_step: error.hint ?? null };
  }
}

async function word(check: () => Promise<void>): Promise<'healthy' | 'unhealthy'> {
  try {
    await check();
    return 'healthy';
  } catch {
    return 'unhealthy';
  }
}
