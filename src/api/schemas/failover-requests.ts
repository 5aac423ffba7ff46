import { z } from 'zod';
import { DURATION_PATTERN } from '../../domain/failover/defaults.ts';
import { contextId, orNull, text } from './fields.ts';

/** What requests for failovers and for the way back from them are made of. */

const NETWORK_ID = '2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11';
const OFFERING_ID = '7d9b2a4e-3c1f-4e8a-9b6d-5f2e1c0a8d73';
const VM_ID = '420570c7-f61f-a930-77c5-1e876786cb3c';

const wish = (description: string, example = false): z.ZodOptional<z.ZodNullable<z.ZodBoolean>> =>
  z.boolean().meta({ description, example }).nullish();
const duration = (description: string): z.ZodOptional<z.ZodNullable<z.ZodString>> =>
  z
    .string()
    .regex(new RegExp(DURATION_PATTERN), 'must be digits and h or m, as in 2h or 30m')
    .meta({ description: `${description}: digits and h or m`, example: '2h' })
    .nullish();

const CustomConfig = z
  .strictObject({
    service_offering_id: text('compute offering; the configured one where it is left out', OFFERING_ID)
      .min(1)
      .max(191)
      .nullish(),
    template_id: text('template; the configured one where it is left out', OFFERING_ID).min(1).max(191).nullish(),
    shutdown_timeout_seconds: z
      .int()
      .min(0)
      .max(3600)
      .meta({ description: 'how long the guest may take to shut down, seconds', example: 120 })
      .nullish(),
    shutdown_policy: z
      .enum(['force', 'stop'])
      .meta({
        description: 'when it does not obey; force: it is switched off; stop: the failover ends there',
        example: 'force',
      })
      .nullish(),
    commit_after: duration('live: what follows when nobody has decided by then, counted from when its VM runs'),
    commit_then: z
      .enum(['commit', 'rollback'])
      .meta({ description: 'what follows then', example: 'rollback' })
      .nullish(),
  })
  .meta({ id: 'FailoverCustomConfig', description: 'What differs from the configuration.' });
export type CustomConfig = z.output<typeof CustomConfig>;

/** The VM, named three times: nobody fails over another one by a slip. */
const WHICH = {
  context_id: contextId('the context of the VM').min(1).max(64),
  vm_id: text('its uuid at the source', VM_ID).min(1).max(191),
  vm_name: text('its name', 'web01').min(1).max(191),
};

const COMMON = {
  skip_validation: wish('judge only what endangers data or production'),
  skip_virtio: wish('start the guest as it was copied'),
  network_mappings: z
    .record(z.string().min(1).max(191), z.string().min(1).max(191))
    .meta({
      description: 'networks of CloudStack by networks of the source; others lead where the mappings say',
      example: { 'VM Network': NETWORK_ID },
    })
    .nullish(),
  custom_config: orNull(CustomConfig, 'what differs from the configuration').optional(),
};

const NOTIFICATION = z
  .record(z.string(), z.unknown())
  .meta({ description: 'taken for compatibility; this version sends no notifications', example: {} })
  .nullish();

const TEST = {
  test_duration: duration('how long a test is meant to last; 2h where it is left out'),
  auto_cleanup: wish('roll the test back when its time is over'),
};

const SOURCE = {
  power_off_source: wish('shut the source VM down first', true),
  perform_final_sync: wish('replicate once more after that', true),
};

const EXAMPLE = { context_id: 'ctx-web01-20260101-120000', vm_id: VM_ID, vm_name: 'web01' };

export const StartLiveFailover = z
  .strictObject({ ...WHICH, ...SOURCE, ...COMMON, notification_config: NOTIFICATION })
  .meta({ id: 'StartLiveFailover', description: 'Start a VM in CloudStack for good.', example: EXAMPLE });

export const StartTestFailover = z
  .strictObject({ ...WHICH, ...TEST, ...COMMON, notification_config: NOTIFICATION })
  .meta({
    id: 'StartTestFailover',
    description: 'Start a VM in an isolated network of CloudStack.',
    example: { ...EXAMPLE, test_duration: '2h', auto_cleanup: true },
  });

const { vm_id: vmwareVmId, ...known } = WHICH;

export const UnifiedFailover = z
  .strictObject({
    ...known,
    vmware_vm_id: vmwareVmId,
    failover_type: z.enum(['live', 'test']).meta({ description: 'live: for good', example: 'live' }),
    ...SOURCE,
    ...TEST,
    network_strategy: z
      .enum(['live', 'production', 'test', 'isolated', 'custom'])
      .meta({
        description: 'which mappings count; production is live, isolated is test, custom: network_mappings first',
        example: 'live',
      })
      .nullish(),
    vm_naming: z
      .enum(['exact', 'suffixed'])
      .meta({ description: 'name of the VM: live exact, test suffixed', example: 'exact' })
      .nullish(),
    ...COMMON,
  })
  .meta({
    id: 'UnifiedFailover',
    description: 'A failover of either type. A live one must say whether the source is powered off.',
    example: {
      context_id: EXAMPLE.context_id,
      vmware_vm_id: VM_ID,
      vm_name: 'web01',
      failover_type: 'live',
      power_off_source: true,
      perform_final_sync: true,
    },
  });
export type UnifiedFailover = z.output<typeof UnifiedFailover>;

export const RollBack = z
  .strictObject({
    ...WHICH,
    vmware_vm_id: vmwareVmId.nullish(),
    failover_type: z.enum(['live', 'test']).meta({ description: 'type of the failover that stands', example: 'live' }),
    power_on_source: z
      .boolean()
      .meta({
        description: 'live: power the source VM on again; left out: where the failover powered it off',
        example: true,
      })
      .nullish(),
    force_cleanup: wish('go on past what cannot be undone, and name it'),
  })
  .meta({
    id: 'RollBack',
    description: 'The way back from a failover.',
    example: { ...EXAMPLE, failover_type: 'live', power_on_source: true },
  });
export type RollBack = z.output<typeof RollBack>;

export const CleanUp = z
  .strictObject({
    ...WHICH,
    cleanup_type: z
      .enum(['test', 'failed'])
      .meta({ description: 'test: end the test; failed: clear up what a failed one left', example: 'test' })
      .nullish(),
  })
  .meta({ id: 'CleanUp', description: 'Which VM is to be cleaned up.', example: EXAMPLE });
export type CleanUp = z.output<typeof CleanUp>;
