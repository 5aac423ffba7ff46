import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import { reference, structure, subclass, text, type Structure, type Value } from './value.ts';

/** A refusal of the simulated vCenter, by the class of the API. Texts are those of a real one where they are known. */
export class VimFault extends Error {
  readonly type: string;
  readonly fields: Readonly<Record<string, Value | undefined>>;

  constructor(type: string, message: string, fields: Readonly<Record<string, Value | undefined>> = {}) {
    super(message);
    this.type = type;
    this.fields = fields;
  }
}

export const invalidArgument = (property: string): VimFault =>
  new VimFault('InvalidArgument', `A specified parameter was not correct: ${property}`, {
    invalidProperty: text(property),
  });

export const objectNotFound = (ref: ObjectRef): VimFault =>
  new VimFault(
    'ManagedObjectNotFound',
    `The object 'vim.${ref.type}:${ref.id}' has already been deleted or has not been completely created`,
    { obj: reference(ref) },
  );

export const notAuthenticated = (object: ObjectRef): VimFault =>
  new VimFault('NotAuthenticated', 'The session is not authenticated.', {
    object: reference(object),
    privilegeId: text('System.View'),
  });

export const fileNotFound = (file: string): VimFault =>
  new VimFault('FileNotFound', `File ${file} was not found`, { file: text(file) });

export const invalidPowerState = (existing: string): VimFault =>
  new VimFault(
    'InvalidPowerState',
    'The attempted operation cannot be performed in the current state (' +
      `${existing === 'poweredOn' ? 'Powered on' : 'Powered off'}).`,
    { existingState: { kind: 'scalar', type: 'VirtualMachinePowerState', text: existing } },
  );

/** As tasks and missing properties hold it. */
export const localized = (fault: VimFault): Structure =>
  structure('LocalizedMethodFault', {
    fault: subclass(fault.type, fault.fields),
    localizedMessage: text(fault.message),
  });

/** What nobody foresaw is RuntimeFault's own child, as in the original. */
export const toVimFault = (thrown: unknown): VimFault =>
  thrown instanceof VimFault
    ? thrown
    : new VimFault('SystemError', `A general system error occurred: ${String(thrown)}`, { reason: text('') });
