import { z } from 'zod';

/** What virt-v2v says with --machine-readable: a JSON object per line. Source: virt-v2v(1), "Machine readable output". */

export interface ToolMessage {
  readonly type: 'message' | 'info' | 'warning' | 'error';
  readonly text: string;
}

const schema = z.object({ type: z.enum(['message', 'info', 'warning', 'error']), message: z.string() });
/** Of one message so much is kept. */
const CHARS_MAX = 500;

/** Undefined for a line that is none. */
export function readMessage(line: string): ToolMessage | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(line));
    return parsed.success ? { type: parsed.data.type, text: parsed.data.message.slice(0, CHARS_MAX) } : undefined;
  } catch {
    return undefined;
  }
}
