import type { AsyncCommand, Command, CommandContext } from '../command.ts';
import { isTrue, requiredRow } from '../command.ts';
import { badParameter, notForUsers } from '../refusal.ts';
import { checkDelete } from '../volume-rules.ts';
import { dropVolume } from './vm-end.ts';
import { presentOf, volumeById } from './volumes.ts';

/** The end of volumes: at once, or in a way that can be taken back. */

const deleteVolume: Command = {
  kind: 'sync',
  describe: 'Deletes a detached disk volume',
  run(context) {
    const volume = requiredRow(context, 'id', context.world.volumes);
    checkDelete(context.world, volume);
    return { result: { success: true }, afterSave: dropVolume(context, volume, true) };
  },
};

/** allow.user.expunge.recover.volume is off. */
function forAdmins(context: CommandContext, what: string): void {
  if (context.account.type === 1) return;
  throw notForUsers(
    `${what} a volume can only be done by an Admin. Or when the allow.user.expunge.recover.volume key is set.`,
  );
}

const destroyVolume: AsyncCommand = {
  kind: 'async',
  describe: 'Destroys a detached disk volume; unless it is expunged it can be recovered',
  accept(context) {
    if (isTrue(context, 'expunge')) forAdmins(context, 'Expunging');
    return { instanceType: 'Volume', instanceId: requiredRow(context, 'id', context.world.volumes).id };
  },
  perform(context, volumeId) {
    const volume = volumeById(context, volumeId);
    checkDelete(context.world, volume);
    const end = dropVolume(context, volume, isTrue(context, 'expunge'));
    return { result: presentOf(context, volume), afterSave: end };
  },
};

const recoverVolume: Command = {
  kind: 'sync',
  describe: 'Takes the destruction of a volume back',
  run(context) {
    forAdmins(context, 'Recovering');
    const volume = requiredRow(context, 'id', context.world.volumes);
    if (volume.state !== 'Destroy') throw badParameter('Please specify a volume in Destroy state.');
    volume.state = 'Ready';
    return { result: presentOf(context, volume) };
  },
};

export const volumeEndCommands: Readonly<Record<string, Command>> = { deleteVolume, destroyVolume, recoverVolume };
