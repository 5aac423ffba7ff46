import { styleText } from 'node:util';

/** Colours, or none: the text is the same either way. */
export interface Paint {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly active: (text: string) => string;
  readonly warn: (text: string) => string;
}

type Style = Parameters<typeof styleText>[0];

export function paints(coloured: boolean): Paint {
  const with_ = (style: Style) => (text: string) =>
    coloured && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  return {
    dim: with_('dim'),
    bold: with_('bold'),
    good: with_('green'),
    bad: with_('red'),
    active: with_('cyan'),
    warn: with_('yellow'),
  };
}

/** The colour of a status of a job or of a VM. */
export function paintStatus(paint: Paint, status: string): (text: string) => string {
  if (['completed', 'ready_for_failover', 'ready'].includes(status)) return paint.good;
  if (['failed', 'cleanup_required'].includes(status)) return paint.bad;
  if (['running', 'replicating', 'copying'].includes(status)) return paint.active;
  if (status === 'cancelled') return paint.warn;
  return (text) => text;
}
