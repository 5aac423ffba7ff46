import type { Examples } from './example.ts';

export const attachSlotExamples: Examples = {
  'GET /attach-slots': [{ status: 200, ask: () => ({}) }],
};
