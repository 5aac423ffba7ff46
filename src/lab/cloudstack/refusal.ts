/** What the management server refuses, with the codes and words of its own. Source: ApiErrorCode, CSExceptionErrorCode. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly errorCode: number;
  /** `cserrorcode`: number of the exception class; undefined leaves it out. */
  readonly csErrorCode: number | undefined;

  constructor(errorCode: number, errorText: string, csErrorCode?: number) {
    super(errorText);
    this.errorCode = errorCode;
    this.csErrorCode = csErrorCode;
  }
}

/** InvalidParameterValueException: a value or a state that the command does not take. */
export const badParameter = (text: string): Refusal => new Refusal(431, text, 4350);

/** RuntimeException inside an async job. */
export const internalError = (text: string): Refusal => new Refusal(530, text, 9999);

export const missingParameter = (command: string, name: string): Refusal =>
  new Refusal(431, `Unable to execute API command ${command.toLowerCase()} due to missing parameter ${name}`, 9999);

export const invalidValue = (command: string, name: string, value: string): Refusal =>
  new Refusal(
    431,
    `Unable to execute API command ${command.toLowerCase()} due to invalid value. Invalid parameter ${name} value=${value} ` +
      'due to incorrect long value format, or entity does not exist or due to incorrect parameter annotation for the field in api cmd class.',
    9999,
  );

/** ParamUnpackWorker: names of parameters that are no object array. */
export const malformedName = (name: string): Refusal =>
  new Refusal(
    430,
    `Unable to decode parameter ${name}; if specifying an object array, please use parameter[index].field=XXX, e.g. ` +
      'userGroupList[0].group=httpGroup',
    9999,
  );

/** A value that is not of the type of its parameter. */
export const wrongType = (command: string, name: string, value: string): Refusal =>
  new Refusal(
    431,
    `Unable to execute API command ${command.toLowerCase()} due to invalid value ${value} for parameter ${name}`,
    9999,
  );

export const noPermission = (account: string, what: string): Refusal =>
  new Refusal(531, `Acct[${account}] does not have permission to operate with resource ${what}`, 4365);

export const notVerified = (): Refusal =>
  new Refusal(401, 'unable to verify user credentials and/or request signature');

/** PermissionDeniedException: something that only an admin may ask for. */
export const notForUsers = (text: string): Refusal => new Refusal(531, text, 4365);

/** The role of the caller does not have the command; CloudStack does not tell that from one that does not exist. */
export const notPermitted = (command: string): Refusal =>
  new Refusal(401, `The given command '${command}' either does not exist, is not available for user.`);
