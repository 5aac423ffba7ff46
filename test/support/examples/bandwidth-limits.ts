import type { Examples } from './example.ts';

export const bandwidthExamples: Examples = {
  'GET /bandwidth-limits': [{ status: 200, ask: () => ({}) }],
  'PUT /bandwidth-limits': [
    { status: 200, ask: () => ({ body: { worker_bytes_per_s: 1_000_000 } }) },
    { status: 400, code: 'bandwidth.too-low', ask: () => ({ body: { disk_bytes_per_s: 100 } }) },
  ],
};
