import { formatBytes } from '../../base/units.ts';
import type { DiskReport } from './disks.ts';
import { factsOf, type Facts } from './facts.ts';
import type { Cycle } from './jobs.ts';
import type { Stage } from './stage.ts';

/** One phase of the demo: it does its work, then both ends are looked at, and every byte of them is compared. */

export interface PhaseReport {
  readonly phase: string;
  readonly seconds: number;
  /** What was not as it must be, in words; empty for a good one. */
  readonly wrong: readonly string[];
}

export interface FailoverReport {
  readonly type: 'test' | 'live';
  readonly job_id: string;
  /** Its VM in the cloud, by name. */
  readonly instance: string;
  readonly verdict: string;
  readonly seconds: number;
  readonly loss_seconds: number | null;
  readonly rollback_job_id: string;
  readonly rollback_seconds: number;
}

/** Grows while it is told, so that a story that breaks off still tells of what was before. */
export interface Story {
  disks: readonly DiskReport[];
  readonly cycles: Cycle[];
  readonly failovers: FailoverReport[];
  readonly phases: PhaseReport[];
}

export const newStory = (): Story => ({ disks: [], cycles: [], failovers: [], phases: [] });

/** What must be, and what is said where it is not. */
export type Check = readonly [isGood: boolean, otherwise: string];

export interface Phase<T> {
  readonly name: string;
  /** What happens in it, for people. */
  readonly told?: string;
  readonly work: () => Promise<T>;
  /** What must be so after it. */
  readonly checks: (done: T, facts: Facts) => readonly Check[];
}

/** @returns what its work returned, with what was so after it @throws what its work throws */
export async function runPhase<T>(stage: Stage, story: Story, phase: Phase<T>): Promise<{ done: T; facts: Facts }> {
  const { name, told, work } = phase;
  const started = Date.now();
  const heading = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  stage.tell(`\n${heading}${told === undefined ? '' : `: ${told}`}\n`);
  const done = await work();
  const facts = await factsOf(stage.lab, stage.vm.vm_name);
  story.disks = facts.disks;
  const checks: readonly Check[] = [...phase.checks(done, facts), [facts.isEqual, 'source and volumes are NOT EQUAL']];
  const wrong = checks.filter(([isGood]) => !isGood).map(([, otherwise]) => otherwise);
  story.phases.push({ phase: name, seconds: (Date.now() - started) / 1000, wrong });
  const bytes = facts.disks.reduce((sum, disk) => sum + disk.bytes, 0);
  if (facts.isEqual) stage.tell(`  equal: ${facts.disks.length} disks, ${formatBytes(bytes)} hashed at both ends\n`);
  for (const each of wrong) stage.tell(`  WRONG: ${each}\n`);
  return { done, facts };
}
