import { z } from 'zod';
import { BootVerdict } from '../../domain/failover/boot-verdict.ts';
import type { Processor } from '../../queues/define-job.ts';
import type { FailoverPayload, FailoverResult } from '../../queues/jobs/failover.ts';
import { defineWorkflow, type StepScope } from '../../workflow/define.ts';
import { runWorkflow } from '../../workflow/run.ts';
import { CreatedVm, FailoverPlan, type Failover, type FailoverDeps } from './context.ts';
import { convertGuest } from './convert-guest.ts';
import { createVm } from './create-vm.ts';
import { finalSync } from './final-sync.ts';
import { modeSwitch } from './mode-switch.ts';
import { powerOffSource } from './power-off-source.ts';
import { takeSnapshots } from './snapshots.ts';
import { staged } from './staged.ts';
import { startVm } from './start-vm.ts';
import { statusUpdate } from './status-update.ts';
import { swapDisks } from './swap-disks.ts';
import { validation } from './validation.ts';
import { watchBoot } from './watch-boot.ts';

type Scope = Omit<StepScope<Failover>, 'runs'>;

const optionsOf = ({ context }: Scope): FailoverPayload['options'] => context.run.payload.options;
const isLive = (scope: Scope): boolean => optionsOf(scope).type === 'live';

/** A folder of images has no power to switch. */
const switchesOff = (scope: Scope): boolean =>
  isLive(scope) &&
  optionsOf(scope).powerOffSource &&
  scope.outputs.get('validation', FailoverPlan).source.kind === 'vsphere';

/** Live and test: one list. Until `status-update` the VM is what it was, and until a live VM runs all is undone. */
export const failoverWorkflow = defineWorkflow<Failover>('failover', [
  staged('validation', validation, { status: 'validating' }),
  staged('source-vm-power-off', powerOffSource, { when: switchesOff }),
  staged('final-sync', finalSync, { when: (scope) => isLive(scope) && optionsOf(scope).performFinalSync }),
  staged('volume-mode-switch-failover', modeSwitch),
  staged('multi-volume-snapshot-creation', takeSnapshots, { status: 'snapshotting' }),
  staged('virtio-driver-injection', convertGuest),
  staged('vm-creation', createVm, { status: 'creating_vm' }),
  staged('volume-attachment', swapDisks, { status: 'switching_volume' }),
  staged('vm-startup-and-validation', startVm, { status: 'powering_on', pointOfNoReturn: isLive }),
  staged('boot-verdict', watchBoot),
  staged('status-update', statusUpdate),
]);

const Loss = z.object({ lossSeconds: z.int().nullable() });

export const failOver =
  (deps: FailoverDeps): Processor<FailoverPayload, FailoverResult> =>
  async (run) => {
    const { steps, signal, log } = run;
    const outputs = await runWorkflow(failoverWorkflow, { context: { run, deps }, steps, signal, log });
    return {
      destinationVmId: outputs.get('vm-creation', CreatedVm).vmId,
      verdict: outputs.get('boot-verdict', BootVerdict).verdict,
      lossSeconds: outputs.get('status-update', Loss).lossSeconds,
    };
  };
