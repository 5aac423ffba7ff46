/**
 * A changeId in its two parts, `<lineage>/<sequence>`. The lineage names one unbroken tracking of a disk: tracking that
 * was switched off and on, or whose file was rebuilt, has a new one, and what it says of earlier changes is nothing. The
 * sequence grows with every snapshot of that lineage.
 */
export interface ChangeId {
  readonly lineage: string;
  readonly sequence: number;
}

/**
 * Undefined when it has not this form: then nothing can be compared with it. `*` is no changeId but a question for all
 * areas in use, and has not this form. Lineages are compared as they are written, never interpreted.
 */
export function parseChangeId(text: string): ChangeId | undefined {
  const match = /^(.+)\/(\d{1,15})$/.exec(text);
  const [, lineage, digits] = match ?? [];
  return lineage === undefined ? undefined : { lineage, sequence: Number(digits) };
}
