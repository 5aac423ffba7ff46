import type { Examples } from './example.ts';

export const snapshotExamples: Examples = {
  'GET /snapshots': [{ status: 200, ask: () => ({}) }],
};
