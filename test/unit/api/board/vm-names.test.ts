import { expect, test } from '@jest/globals';
import { vmNames } from '../../../../src/api/board/vm-names.ts';

const web01 = { contextId: 'ctx-web01-20260114', vmName: 'web$&01' };

test('a title that names the context names the VM instead, any other one has it in front', async () => {
  const asked: (readonly string[])[] = [];
  const names = vmNames((jobIds) => {
    asked.push(jobIds);
    return Promise.resolve(new Map(jobIds.map((jobId) => [jobId, web01])));
  });
  expect(names.titled('job-1', 'replicate ctx-web01-20260114')).toBe('replicate ctx-web01-20260114');
  await names.learn(['job-1', 'job-2', 'job-1']);
  await names.learn(['job-2']);

  expect(names.titled('job-1', 'replicate ctx-web01-20260114')).toBe('replicate web$&01');
  expect(names.titled('job-2', 'delete job-9')).toBe('web$&01: delete job-9');
  // Once for both, and not again for what is known.
  expect(asked).toEqual([['job-1', 'job-2']]);
});

test('a database that fails, or stays silent, leaves the titles as they are', async () => {
  const broken = vmNames(() => Promise.reject(new Error('away')));
  await broken.learn(['job-1']);
  const mute = vmNames(() => new Promise(() => undefined));
  await mute.learn(['job-1']);

  expect([broken.titled('job-1', 'a'), mute.titled('job-1', 'b')]).toEqual(['a', 'b']);
});

test('it asks for two hundred at a time, and remembers two thousand', async () => {
  const names = vmNames((jobIds) => Promise.resolve(new Map(jobIds.map((jobId) => [jobId, web01]))));
  const ids = Array.from({ length: 2_400 }, (_, index) => `job-${index}`);
  await names.learn(ids.slice(0, 300));
  expect([names.titled('job-199', 't'), names.titled('job-200', 't')]).toEqual(['web$&01: t', 't']);
  for (let from = 200; from < ids.length; from += 200) await names.learn(ids.slice(from, from + 200));

  expect([names.titled('job-399', 't'), names.titled('job-400', 't')]).toEqual(['t', 'web$&01: t']);
});
