/** One network offering for each type of network. */
export const NETWORK_OFFERINGS = (['Isolated', 'Shared', 'L2'] as const).map((type, index) => ({
  type,
  id: `3b1f7c52-2d64-4f0e-8a5e-00000000000${index}`,
  name: `Default${type}NetworkOffering`,
}));
