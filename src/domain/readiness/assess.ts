import { isInUse, type ReadinessFacts } from './facts.ts';
import { planNetworks, settledNetworks, type PlannedNetworks } from './networks.ts';
import { RULES } from './rules.ts';
import type { Family, Finding, ReadinessQuestion, Rule, Severity, Subject } from './rule.ts';

/** A rule, asked. */
export interface Check {
  readonly name: string;
  readonly family: Family;
  /** What it means when it passes. */
  readonly says: string;
  readonly severity: Severity;
  /** skip: it does not matter here, cannot be said, or was passed over. */
  readonly status: 'pass' | 'fail' | 'warning' | 'skip';
  readonly findings: readonly Finding[];
  /** How long its judgement took, by the stopwatch of who asked; the facts were there before. */
  readonly milliseconds: number;
}

/** Any point in time, in milliseconds. */
export type Stopwatch = () => number;

export interface Readiness {
  /** Nothing critical was found. */
  readonly ready: boolean;
  /** 100 less what each finding costs (SCORE_COSTS), and not below 0. */
  readonly score: number;
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly checks: readonly Check[];
  /** Where the adapters of the VM lead. */
  readonly networks: PlannedNetworks;
}

export const SCORE_COSTS: Readonly<Record<Severity, number>> = { critical: 30, warning: 5, info: 0 };
const ORDER: readonly Severity[] = ['critical', 'warning', 'info'];

/** Whether a failover may begin. Pure, the stopwatch apart: the same facts and the same question have the same answer. */
export function assessReadiness(
  facts: ReadinessFacts,
  question: ReadinessQuestion,
  stopwatch: Stopwatch = () => 0,
): Readiness {
  const networks =
    question.networks === undefined ? planNetworks(facts, question) : settledNetworks(facts, question.networks);
  const subject = { facts, question, networks };
  const checks = RULES.map((rule) => checkOf(rule, subject, stopwatch));
  const findings = checks.flatMap((check) => check.findings);
  return {
    ready: !findings.some((finding) => finding.severity === 'critical'),
    score: scoreOf(findings),
    findings: ORDER.flatMap((severity) => findings.filter((finding) => finding.severity === severity)),
    checks,
    networks,
  };
}

export const scoreOf = (findings: readonly Finding[]): number =>
  Math.max(0, 100 - findings.reduce((cost, { severity }) => cost + SCORE_COSTS[severity], 0));

function checkOf(rule: Rule, subject: Subject, stopwatch: Stopwatch): Check {
  const { name, family, says, severity } = rule;
  const isOfVolumes = family === 'copy' || family === 'volumes';
  // While a failover stands, what there is to say of its volumes is that it stands, which the first rule does.
  const matters = !(isOfVolumes && isInUse(subject.facts));
  const isAsked = matters && (rule.always || !subject.question.skipValidation);
  const startedMs = stopwatch();
  const findings = isAsked ? rule.judge(subject) : undefined;
  const milliseconds = stopwatch() - startedMs;
  return { name, family, says, severity, status: statusOf(findings), findings: findings ?? [], milliseconds };
}

function statusOf(findings: readonly Finding[] | undefined): Check['status'] {
  if (findings === undefined) return 'skip';
  if (findings.some(({ severity }) => severity === 'critical')) return 'fail';
  return findings.some(({ severity }) => severity === 'warning') ? 'warning' : 'pass';
}
