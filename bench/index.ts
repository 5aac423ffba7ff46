import { acceptJob } from './accept-job/index.ts';
import { cancel } from './cancel.ts';
import type { Benchmark } from './frame/benchmark.ts';
import { listContexts } from './list-contexts.ts';

export const BENCHMARKS: readonly Benchmark[] = [acceptJob, listContexts, cancel];
