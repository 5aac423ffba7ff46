import { type AppError, precondition } from '../../base/errors.ts';
import type { Secret } from '../../config/secrets.ts';
import type { Knex } from '../knex.ts';
import { OsseaConfig } from '../models/ossea-configs.ts';
import type { Place, SecretBox } from '../secret-box.ts';

/** How to reach one CloudStack, and what to use there. */
export interface OsseaConfigValues {
  readonly name: string;
  /** Ends in `/client/api`. */
  readonly apiUrl: string;
  readonly apiKey: Secret;
  readonly secretKey: Secret;
  readonly zone: string;
  readonly domain: string | null;
  readonly templateId: string | null;
  readonly networkId: string | null;
  readonly serviceOfferingId: string | null;
  readonly diskOfferingId: string | null;
  /** The VM that this installation runs on; target volumes are attached to it. */
  readonly omaVmId: string | null;
}

export interface ActiveOsseaConfig extends OsseaConfigValues {
  readonly id: number;
}

/**
 * The CloudStack that new work goes to, with its keys opened.
 * @throws precondition `ossea-config.missing`: none is active; `ossea-config.ambiguous`: several are, and to guess
 * could copy disks into the wrong cloud; and the codes of SecretBox.open.
 */
export async function activeOsseaConfig(db: Knex, box: SecretBox): Promise<ActiveOsseaConfig> {
  const [row, ...others] = await OsseaConfig.query(db).where({ is_active: true }).orderBy('id');
  if (row === undefined) throw missing('no CloudStack is configured');
  if (others.length > 0) {
    throw precondition('ossea-config.ambiguous', 'more than one CloudStack configuration is active', {
      hint: 'deactivate all but one',
      details: { names: [row, ...others].map((config) => config.name) },
    });
  }
  return opened(row, box);
}

/**
 * The CloudStack that a context, job or volume belongs to, active or not: what was begun there must end there.
 * @throws precondition `ossea-config.missing`, and the codes of SecretBox.open.
 */
export async function osseaConfigById(db: Knex, box: SecretBox, id: number): Promise<ActiveOsseaConfig> {
  const row = await OsseaConfig.query(db).findById(id);
  if (row === undefined) throw missing(`CloudStack configuration ${id} does not exist`);
  return opened(row, box);
}

function opened(row: OsseaConfig, box: SecretBox): ActiveOsseaConfig {
  return {
    id: row.id,
    name: row.name,
    apiUrl: row.apiUrl,
    apiKey: box.open(row.apiKey, osseaConfigPlace(row.name, 'api_key')),
    secretKey: box.open(row.secretKey, osseaConfigPlace(row.name, 'secret_key')),
    zone: row.zone,
    domain: row.domain,
    templateId: row.templateId,
    networkId: row.networkId,
    serviceOfferingId: row.serviceOfferingId,
    diskOfferingId: row.diskOfferingId,
    omaVmId: row.omaVmId,
  };
}

/** The name and not the id: it is known before the row is. A renamed configuration is saved with its keys again. */
export function osseaConfigPlace(name: string, column: string): Place {
  return { table: 'ossea_configs', row: name, column };
}

function missing(message: string): AppError {
  return precondition('ossea-config.missing', message, {
    hint: 'save one with POST /api/v1/ossea/config-streamlined',
  });
}
