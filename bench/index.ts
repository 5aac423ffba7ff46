import { acceptJob } from './accept-job/index.ts';
import { copyIncremental } from './copy/incremental.ts';
import { copyTls } from './copy/tls.ts';
import { copyManyDisks } from './copy/many-disks.ts';
import { memory } from './copy/memory.ts';
import { resume } from './copy/resume.ts';
import { copyDense, copyFresh, copyLatency, copySparse } from './copy/whole-disks.ts';
import { verify } from './copy/verified.ts';
import { cancel } from './cancel.ts';
import { discover } from './discover/index.ts';
import type { Benchmark } from './frame/benchmark.ts';
import { listContexts } from './list-contexts.ts';
import { overlay } from './overlay.ts';

export const BENCHMARKS: readonly Benchmark[] = [
  acceptJob,
  listContexts,
  cancel,
  discover,
  copyDense,
  copySparse,
  copyFresh,
  copyLatency,
  copyIncremental,
  copyTls,
  copyManyDisks,
  resume,
  memory,
  verify,
  overlay,
];
