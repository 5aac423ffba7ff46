import { formatBytes, formatDuration, SECOND } from '../../base/units.ts';
import { writeAtSource, writeInCloud } from './disks.ts';
import type { Facts } from './facts.ts';
import { endTest, failOver, replicate, rollBack, type FailoverEnd } from './jobs.ts';
import { runPhase, type Check, type Story } from './phase.ts';
import type { Stage } from './stage.ts';

/** The whole life of a protected VM, in phases. A phase is good only when all of it is as it must be. */

/** @throws upstream `demo.job-failed`, `demo.job-late`, and what the API refuses */
export async function tellStory(stage: Stage, story: Story): Promise<void> {
  const { lab } = stage;
  await cycle(stage, story, { name: 'full replication', type: 'initial' });

  stage.tell('The VM goes on working: a new file, and random bytes in old places.\n');
  await writeAtSource(lab, 1);
  await cycle(stage, story, { name: 'incremental replication', type: 'incremental' });

  await failoverAndBack(stage, story, 'test');
  stage.tell('The VM goes on working.\n');
  await writeAtSource(lab, 2);
  await cycle(stage, story, { name: 'replication after the test', type: 'incremental' });

  stage.tell('The VM goes on working: what it writes now is on no volume when the live failover begins.\n');
  await writeAtSource(lab, 3);
  await failoverAndBack(stage, story, 'live');
  stage.tell('The VM works at its source again.\n');
  await writeAtSource(lab, 4);
  await cycle(stage, story, { name: 'replication after the rollback', type: 'incremental' });
}

/** An incremental one moves less than this share of the first. */
const DELTA_SHARE = 1 / 4;

interface Wanted {
  readonly name: string;
  readonly type: 'initial' | 'incremental';
}

async function cycle(stage: Stage, story: Story, { name, type }: Wanted): Promise<void> {
  await runPhase(stage, story, {
    name,
    async work() {
      const done = await replicate(stage);
      story.cycles.push(done);
      stage.tell(`  ${done.type}: ${formatBytes(done.bytes_transferred)} in ${spelled(done.seconds)}\n`);
      return done;
    },
    checks(done, facts) {
      const first = story.cycles[0]?.bytes_transferred ?? 0;
      return [
        [done.type === type, `the replication was ${done.type}, and not ${type}`],
        [type === 'initial' || done.bytes_transferred < first * DELTA_SHARE, 'it moved more than what had changed'],
        ...atHome(facts),
      ];
    },
  });
}

const TITLES = {
  test: [
    { name: 'test failover', told: 'the copy starts in an isolated network, beside the source, which is not touched' },
    { name: 'clean-up of the test', told: 'its VM goes, and the volumes are what they were' },
  ],
  live: [
    { name: 'live failover', told: 'the source is shut down and replicated once more, its copy takes over' },
    { name: 'rollback', told: 'the copy goes, the source is powered on again' },
  ],
} as const;

type Type = 'test' | 'live';

async function failoverAndBack(stage: Stage, story: Story, type: Type): Promise<void> {
  const [over, back] = TITLES[type];
  const { lab, vm, tell } = stage;
  const { done: failover, facts } = await runPhase(stage, story, {
    ...over,
    async work() {
      const done = await failOver(stage, type);
      tellOf(tell, type, done);
      return done;
    },
    checks: (done, seen) => [...stands(seen, { type, done, vmName: vm.vm_name }), ...bothEnds(seen, type)],
  });
  tell(`The ${type} VM writes to its disks. Going back throws that away.\n`);
  await writeInCloud(lab, story.failovers.length);
  const { done } = await runPhase(stage, story, {
    ...back,
    async work() {
      const end = type === 'test' ? await endTest(stage, failover.jobId) : await rollBack(stage);
      tell(`  taken back in ${spelled(end.seconds)}\n`);
      return end;
    },
    checks: (_end, seen) => [[!seen.vmIds.includes(failover.vmId), 'its VM is still there'], ...atHome(seen)],
  });
  story.failovers.push({
    type,
    job_id: failover.jobId,
    instance: facts.holders[0]?.name ?? '',
    verdict: failover.verdict,
    seconds: failover.seconds,
    loss_seconds: failover.lossSeconds,
    rollback_job_id: done.jobId,
    rollback_seconds: done.seconds,
  });
}

const spelled = (seconds: number): string => formatDuration(seconds * SECOND);

function tellOf(tell: Stage['tell'], type: Type, { verdict, seconds, lossSeconds }: FailoverEnd): void {
  const lost = type === 'test' ? '' : `, ${lossSeconds ?? '?'} s of writes lost`;
  tell(`  its VM was started in CloudStack, ${spelled(seconds)} in all${lost}\n`);
  const because = verdict === 'running' ? ': it runs; nothing boots in this lab, so nobody can tell more' : '';
  tell(`  boot verdict: ${verdict}${because}\n`);
}

/** Nothing of a failover is left, and no snapshot at the source. */
const atHome = (facts: Facts): Check[] => [
  [facts.holders.length === 1 && facts.holders[0]?.isAppliance === true, 'the volumes are not at the appliance'],
  [facts.cloudSnapshots === 0, 'snapshots of volumes are left'],
  [facts.sourceSnapshots === 0, 'snapshots are left at the source'],
  [facts.isSourceOn, 'the source is off'],
];

function stands(
  { holders }: Facts,
  { type, done, vmName }: { type: Type; done: FailoverEnd; vmName: string },
): Check[] {
  const [holder] = holders;
  const isNamed = type === 'live' ? holder?.name === vmName : holder?.name.startsWith(`${vmName}-test-`) === true;
  return [
    [holders.length === 1 && holder?.vmId === done.vmId, 'the volumes are not at the VM of the failover'],
    [holder?.state === 'Running', `the VM in CloudStack is ${holder?.state ?? 'gone'}, and not Running`],
    [isNamed, `the VM in CloudStack is called ${holder?.name ?? 'nothing'}`],
    [holder?.places.every((place, index) => place === index) === true, 'the disks are not in the order of the source'],
    [done.verdict === 'running', `the boot verdict is ${done.verdict}, and not running`],
    [type === 'test' || done.lossSeconds === 0, `${done.lossSeconds ?? 'unknown'} s of writes are lost`],
  ];
}

/** A way back, and a source as it should be. */
const bothEnds = (facts: Facts, type: Type): Check[] => [
  [facts.cloudSnapshots === facts.disks.length, 'not every volume has a snapshot to go back to'],
  [facts.sourceSnapshots === 0, 'snapshots are left at the source'],
  type === 'test'
    ? [facts.isSourceOn, 'the test has switched the source off']
    : [!facts.isSourceOn, 'the source still runs'],
];
