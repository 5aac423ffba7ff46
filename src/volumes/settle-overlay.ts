import type { ExportsDeps } from './export-deps.ts';

/** See VolumeExports.settleOverlay; the caller holds the volume's lock, and no export of it is open. */
export async function settleOverlay(deps: ExportsDeps, volumeId: string): Promise<void> {
  void deps;
  void volumeId;
  return Promise.resolve();
}
