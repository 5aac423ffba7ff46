import { precondition } from '../../base/errors.ts';
import { listServiceOfferings } from '../../cloudstack/offerings.ts';
import type { FailoverPoint } from '../../db/stores/failover-point-store.ts';
import type { ActiveOsseaConfig } from '../../db/stores/ossea-config-store.ts';
import type { FailoverOptions } from '../../domain/failover/options.ts';
import { bootOf } from '../../domain/failover/instance-boot.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import type { Cloud } from '../../volumes/cloud.ts';
import type { FailoverPlan } from './context.ts';

type PlannedInstance = FailoverPlan['instance'];

interface Wanted {
  readonly cloud: Cloud;
  readonly config: ActiveOsseaConfig;
  readonly point: FailoverPoint;
  readonly options: FailoverOptions;
  readonly name: string;
  readonly signal: AbortSignal;
}

/**
 * The VM as it is to be made: processors, memory, firmware and addresses of adapters as at the source.
 * @throws precondition `ossea-config.incomplete`, `failover.offering-unknown`, `failover.vm-size-unknown`
 */
export async function planInstance(wanted: Wanted): Promise<PlannedInstance> {
  const { config, options, point, name } = wanted;
  const told = SourceVm.safeParse(point.inventory).data;
  const serviceOfferingId = required('service_offering_id', options.serviceOfferingId ?? config.serviceOfferingId);
  return {
    name,
    displayName: options.type === 'test' ? `${point.vmName} (test)` : point.vmName,
    serviceOfferingId,
    templateId: required('template_id', options.templateId ?? config.templateId),
    details: await detailsOf(wanted, serviceOfferingId, told),
    boot: bootOf(told),
    nics: nicsOf(wanted),
  };
}

/** An offering of fixed size takes none of these. */
async function detailsOf(
  { cloud, config, point, signal }: Wanted,
  serviceOfferingId: string,
  told: SourceVm | undefined,
): Promise<Record<string, string>> {
  const offerings = await listServiceOfferings(cloud.client, { zoneId: config.zone }, { signal });
  const offering = offerings.find(({ id }) => id === serviceOfferingId);
  if (offering === undefined) {
    throw precondition('failover.offering-unknown', `there is no compute offering ${serviceOfferingId} in the zone`, {
      hint: 'choose one that the zone has, in the CloudStack configuration or in the request',
      details: { serviceOfferingId, zoneId: config.zone },
    });
  }
  if (!offering.customized) return {};
  const { cpus, memory_mb: memoryMb } = told ?? {};
  if (typeof cpus !== 'number' || typeof memoryMb !== 'number') {
    throw precondition('failover.vm-size-unknown', `processors and memory of ${point.vmName} are not known`, {
      hint: 'discover the VM again, or choose a compute offering of fixed size',
      details: { contextId: point.contextId },
    });
  }
  return {
    cpuNumber: String(cpus),
    memory: String(memoryMb),
    ...(offering.cpuSpeedMhz === undefined ? { cpuSpeed: String(CPU_SPEED_MHZ) } : {}),
  };
}

/** CloudStack wants one where its offering names none; hypervisors use it for shares only. */
const CPU_SPEED_MHZ = 1000;

/** A live VM without mappings goes to the network of the configuration; a test without one was refused. */
function nicsOf({ config, options }: Wanted): PlannedInstance['nics'] {
  const { networks, type } = options;
  if (networks.length === 0 && type === 'live' && config.networkId !== null) return [{ networkId: config.networkId }];
  return networks.map(({ destinationNetworkId: networkId, macAddress }) => ({
    networkId,
    ...(macAddress === undefined ? {} : { macAddress }),
  }));
}

function required(field: string, value: string | null): string {
  if (value !== null && value !== '') return value;
  throw precondition('ossea-config.incomplete', `the CloudStack configuration has no ${field}`, {
    hint: `set ${field} in the active CloudStack configuration`,
  });
}
