import { AppError, upstream } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import type { Refusal } from './route.ts';

/** How long an answer may take that asks a vCenter: the call of the VMA has 60 s, the database what all answers have. */
export const THROUGH_VMA_MS = 75 * SECOND;

/**
 * What goes wrong between the API and a vCenter, as clients of the API are told it. The VMA asks the vCenter, so its
 * errors come with its words; what a client can tell apart and act upon keeps its code, everything else is one code.
 */
export const VCENTER_REFUSALS: readonly Refusal[] = [
  { status: 400, codes: ['vsphere.address'] },
  { status: 401, codes: ['vsphere.invalid-login'] },
  { status: 403, codes: ['vsphere.no-permission'] },
  { status: 404, codes: ['vsphere.not-found', 'vsphere.datacenter-unknown'] },
  { status: 422, codes: ['vsphere.certificate-changed', 'vsphere.certificate-unverified'] },
  { status: 503, codes: ['vma.unreachable', 'vma.token-refused', 'vsphere.unreachable', 'vcenter.failed'] },
];

const KEPT: ReadonlySet<string> = new Set(VCENTER_REFUSALS.flatMap(({ codes }) => codes));

/** The VMA's word for a session that ended and did not come back is that the account cannot be used. */
const SAME_AS: Readonly<Record<string, string>> = { 'vsphere.not-authenticated': 'vsphere.invalid-login' };

/** Errors: those of VCENTER_REFUSALS, and what is no error of the VMA at all. */
export async function throughVma<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw thrown instanceof AppError ? told(thrown) : thrown;
  }
}

function told(error: AppError): AppError {
  const { kind, message, details, hint } = error;
  const code = SAME_AS[error.code] ?? error.code;
  if (KEPT.has(code)) {
    return new AppError(kind, [code, message], {
      hint: hint ?? LOOK,
      details: ofThisAnswer(code, details),
      cause: error,
    });
  }
  return upstream('vcenter.failed', `${message} (${error.code})`, { cause: error, hint: hint ?? LOOK });
}

const LOOK = 'the log of the VMA says more, under the same time';

/** The status that the VMA answered with is not the one that this API answers with. */
function ofThisAnswer(code: string, details: AppError['details']): AppError['details'] {
  const status = VCENTER_REFUSALS.find(({ codes }) => codes.includes(code))?.status;
  return { ...details, status };
}
