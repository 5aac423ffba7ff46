import type { Check, Readiness } from '../../domain/readiness/assess.ts';
import { pointAgeSeconds, type ReadinessFacts } from '../../domain/readiness/facts.ts';
import type { Finding } from '../../domain/readiness/rule.ts';

/** `validation_result` of the answers. */
export function presentReadiness(facts: ReadinessFacts, readiness: Readiness): Record<string, unknown> {
  const { ready, score, checks, findings } = readiness;
  const of = (severity: Finding['severity']): Finding[] => findings.filter((finding) => finding.severity === severity);
  return {
    is_valid: ready,
    readiness_score: score,
    checks: checks.map(presentCheck),
    findings,
    validation_errors: of('critical').map(({ explanation }) => explanation),
    validation_warnings: of('warning').map(({ explanation }) => explanation),
    required_actions: actionsOf(findings),
    committed_point_age_seconds: pointAgeSeconds(facts),
    networks: readiness.networks.networks.map((network) => ({
      source_network_name: network.sourceNetworkName,
      destination_network_id: network.destinationNetworkId,
      mac_address: network.macAddress ?? null,
    })),
    validated_at: facts.now.toISOString(),
  };
}

/** What a person does about what was found, each thing once; infos ask nothing. */
export const actionsOf = (findings: readonly Finding[]): string[] => [
  ...new Set(findings.filter(({ severity }) => severity !== 'info').map(({ fix }) => fix)),
];

export function presentCheck(check: Check): Record<string, unknown> {
  const { name, family, says, severity, status, findings, milliseconds } = check;
  return {
    check_name: name,
    check_type: severity,
    family,
    status,
    message: status === 'skip' ? 'not judged' : messageOf(says, findings),
    details: findings,
    execution_time: Math.round(milliseconds * 1_000) / 1_000,
  };
}

const messageOf = (says: string, findings: readonly Finding[]): string =>
  findings.length === 0 ? says : findings.map(({ explanation }) => explanation).join('; ');
