/** Where to look when a job failed, in the words of the seed's GUI. */
export type ErrorCategory = 'configuration' | 'storage' | 'network' | 'platform' | 'connectivity' | 'unknown';

const CATEGORY_OF_AREA: Readonly<Record<string, ErrorCategory>> = {
  'ossea-config': 'configuration',
  context: 'configuration',
  replication: 'configuration',
  cbt: 'storage',
  copy: 'storage',
  device: 'storage',
  disk: 'storage',
  export: 'storage',
  qsd: 'storage',
  volume: 'storage',
  nbd: 'network',
  transfer: 'network',
  cloudstack: 'platform',
  db: 'connectivity',
  redis: 'connectivity',
  session: 'connectivity',
  source: 'connectivity',
  vma: 'connectivity',
  'volume-daemon': 'connectivity',
};

/** By the code of the error (`area.what`): whoever does not answer is a matter of connectivity. */
export function errorCategory(code: string): ErrorCategory {
  const [area = '', what] = code.split('.', 2);
  if (what === 'unreachable') return 'connectivity';
  return CATEGORY_OF_AREA[area] ?? 'unknown';
}
