import { AppError, conflict } from '../base/errors.ts';
import type { Api } from './client/api.ts';
import type { VmDetail } from './client/answers.ts';

/**
 * The VM that a person means: the id of its context, or its name, with `vcenter` where two vCenters have the name.
 * @throws notFound `context.unknown`, `context.unknown-name`; conflict `context.ambiguous` that lists the choices
 */
export async function findVm(api: Api, name: string, vcenter: string | undefined): Promise<VmDetail> {
  if (name.startsWith('ctx-')) {
    const found = await api.vmById(name).catch((error: unknown) => {
      // A VM may be called like a context.
      if (error instanceof AppError && error.code === 'context.unknown') return undefined;
      throw error;
    });
    if (found !== undefined) return found;
  }
  try {
    return await api.vmByName(name, vcenter);
  } catch (error) {
    if (error instanceof AppError && error.code === 'context.ambiguous') throw await withChoices(api, name, error);
    throw error;
  }
}

/** More would not help a person to choose. */
const CHOICES_MAX = 20;

async function withChoices(api: Api, name: string, error: AppError): Promise<AppError> {
  const given = error.details['errors'];
  const hosts = Array.isArray(given) ? given.map((each: { message: string }) => each.message) : [];
  const choices = await Promise.all(
    hosts.slice(0, CHOICES_MAX).map(async (host) => {
      const { context } = await api.vmByName(name, host);
      return { path: context.context_id, message: `${context.vm_path} at ${host}` };
    }),
  );
  return conflict('context.ambiguous', error.message, {
    hint: 'use the id of one of them, or add --vcenter HOST',
    details: { ...error.details, errors: choices },
  });
}
