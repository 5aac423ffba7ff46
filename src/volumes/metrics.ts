import type { OperationFigures, VolumeFigures } from '../db/stores/volume-metric-store.ts';

/** Figures of this daemon, for people and for Prometheus. Pure. */

export interface Figures {
  readonly operations: readonly OperationFigures[];
  readonly volumes: VolumeFigures;
  readonly deviceTroubles: number;
}

const sum = (rows: readonly OperationFigures[]): number => rows.reduce((total, row) => total + row.count, 0);

export function presentFigures({ operations, volumes, deviceTroubles }: Figures): object {
  const ended = operations.filter((row) => row.averageMs !== null);
  const failed = sum(operations.filter((row) => row.status === 'failed'));
  const settled = sum(operations.filter((row) => row.status === 'completed')) + failed;
  const totalMs = ended.reduce((total, row) => total + (row.averageMs ?? 0) * row.count, 0);
  return {
    total_operations: sum(operations),
    pending_operations: sum(operations.filter((row) => row.status === 'pending' || row.status === 'executing')),
    operations_by_type: grouped(operations, (row) => row.type),
    operations_by_status: grouped(operations, (row) => row.status),
    average_response_time_ms: ended.length === 0 ? null : Math.round(totalMs / sum(ended)),
    error_rate_percent: settled === 0 ? 0 : Math.round((failed / settled) * 10_000) / 100,
    volumes: volumes.volumes,
    device_mappings: volumes.mappings,
    exports: volumes.exports,
    device_troubles: deviceTroubles,
  };
}

function grouped(
  rows: readonly OperationFigures[],
  by: (row: OperationFigures) => string,
): Readonly<Record<string, number>> {
  const groups = Map.groupBy(rows, by);
  return Object.fromEntries([...groups].map(([key, members]) => [key, sum(members)]));
}

/** Source: Prometheus, exposition formats, text format 0.0.4. Labels are words of ours and need no escape. */
export function prometheusText({ operations, volumes, deviceTroubles }: Figures): string {
  const lines = [
    '# HELP migratekit_volume_operations Operations on volumes by type and status.',
    '# TYPE migratekit_volume_operations gauge',
    ...operations.map(
      ({ type, status, count }) => `migratekit_volume_operations{type="${type}",status="${status}"} ${count}`,
    ),
    '# HELP migratekit_volume_operation_average_seconds Mean time from being asked for to the end.',
    '# TYPE migratekit_volume_operation_average_seconds gauge',
    ...operations.flatMap(({ type, status, averageMs }) =>
      averageMs === null
        ? []
        : [`migratekit_volume_operation_average_seconds{type="${type}",status="${status}"} ${averageMs / 1000}`],
    ),
    ...gauge('migratekit_volumes', 'Volumes of this installation.', volumes.volumes),
    ...gauge('migratekit_device_mappings', 'Attached volumes.', volumes.mappings),
    ...gauge('migratekit_exports', 'Exports of volumes.', volumes.exports),
    ...gauge('migratekit_device_troubles', 'Attached volumes whose device must not be used.', deviceTroubles),
  ];
  return `${lines.join('\n')}\n`;
}

const gauge = (name: string, help: string, value: number): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} gauge`,
  `${name} ${value}`,
];
