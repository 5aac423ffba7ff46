import type { FailoverNetwork } from '../failover/options.ts';
import type { ReadinessFacts } from './facts.ts';
import type { PlannedNetworks } from './networks.ts';

/** What a rule of readiness is, and what it says. */

/** critical: the failover does not begin. warning: it may, and somebody should know. info: good to know. */
export type Severity = 'critical' | 'warning' | 'info';

export interface Finding {
  /** `area.what`; stable: what programs match on, and the anchor of its place in docs/failover.md. */
  readonly code: string;
  readonly severity: Severity;
  /** What is so; a sentence without a full stop, with the names in it. */
  readonly explanation: string;
  /** What a person does about it. */
  readonly fix: string;
  /** Where it is explained at length. */
  readonly doc: string;
}

/** What is asked about; the options of a failover are such a question. */
export interface ReadinessQuestion {
  readonly type: 'live' | 'test';
  readonly powerOffSource: boolean;
  readonly performFinalSync: boolean;
  readonly skipVirtio: boolean;
  /** Only what endangers data or production is judged. */
  readonly skipValidation: boolean;
  /** Where its networks lead, once that is settled; undefined: as the mappings say. */
  readonly networks?: readonly FailoverNetwork[] | undefined;
  /** Null: as the configuration says. */
  readonly serviceOfferingId: string | null;
  readonly templateId: string | null;
}

/** What a rule looks at. */
export interface Subject {
  readonly facts: ReadinessFacts;
  readonly question: ReadinessQuestion;
  readonly networks: PlannedNetworks;
}

/** Of what the rule speaks: the parts of the answers that show only some. */
export type Family = 'vm' | 'jobs' | 'copy' | 'volumes' | 'networks' | 'target' | 'source';

export interface Rule {
  /** Name of the check. */
  readonly name: string;
  readonly family: Family;
  /** What the check means when it passes. */
  readonly says: string;
  /** The worst that it may find. */
  readonly severity: Severity;
  /** skip_validation does not pass it over: data or production are at stake. */
  readonly always: boolean;
  /** Nothing found: it passes. Undefined: it cannot be said, or does not matter here. */
  readonly judge: (subject: Subject) => readonly Finding[] | undefined;
}

type Sentences = readonly [explanation: string, fix: string];
const maker =
  (severity: Severity) =>
  (code: string, [explanation, fix]: Sentences): Finding => ({ code, severity, explanation, fix, doc: docOf(code) });

/** `network.gone` is explained at docs/failover.md#network-gone. */
const docOf = (code: string): string => `docs/failover.md#${code.replace('.', '-')}`;

export const critical = maker('critical');
export const warning = maker('warning');
export const info = maker('info');
