import { AppError, invalidRequest, upstream } from '../base/errors.ts';

/** What goes wrong about an answer, or with a vCenter as a whole. What a vCenter itself says of its refusals is in faults.ts. */

/** The answer is not what the vSphere API gives. Nothing of it is quoted: it may hold anything. */
export function badAnswer(why: string, details: Readonly<Record<string, unknown>> = {}): AppError {
  return upstream('vsphere.bad-answer', `vcenter answered with something that cannot be read: ${why}`, {
    details,
    hint: 'check that the address is that of a vCenter, and that no proxy answers in its place',
  });
}

/** A text that XML 1.0 has no way to say, or a number that is not exact. */
export const unsendable = (why: string, details: Readonly<Record<string, unknown>>): AppError =>
  invalidRequest('vsphere.unsendable', `a value cannot be sent to vcenter: ${why}`, {
    details,
    hint: 'remove control characters from names; numbers must be whole and below 2^53',
  });

/** Any error as one whose message and details are ours: `badAnswer` for what a parser throws. */
export function readOrRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw badAnswer('it is not well-formed XML');
  }
}
