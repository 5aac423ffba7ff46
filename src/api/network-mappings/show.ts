import type { NetworkMappingRecord } from '../../db/stores/network-mapping-store.ts';
import { wire } from '../present/wire.ts';

export const presentMapping = (mapping: NetworkMappingRecord): Record<string, unknown> => wire(mapping);

/** `the test mapping of VM Network of web01` */
export const mappingName = (of: {
  readonly vmName: string;
  readonly sourceNetwork: string;
  readonly isTest: boolean;
}): string => `the ${of.isTest ? 'test' : 'live'} mapping of ${of.sourceNetwork} of ${of.vmName}`;
