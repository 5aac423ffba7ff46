import { describe, expect, test } from '@jest/globals';
import { readTag, snapshotDescription, snapshotName, tagLine } from '../../../../src/vma/vsphere/snapshot-tag.ts';

const tag = { installationId: 'site-a', jobId: 'job-20260114-093000.123-abcdef', epoch: 12 };
const whole = { name: snapshotName(tag), description: snapshotDescription(tag) };

describe('the tag of a snapshot', () => {
  test('is read as it was written, with lines of either kind and whatever follows', () => {
    expect(tagLine(tag)).toBe('migratekit/site-a/job-20260114-093000.123-abcdef/12');
    expect(readTag(whole)).toEqual(tag);
    expect(readTag({ ...whole, description: whole.description.replace('\n', '\r\n') })).toEqual(tag);
    expect(readTag({ ...whole, description: `${tagLine(tag)}\nedited by a person` })).toEqual(tag);
  });

  test.each([
    ['a name alone', { ...whole, description: '' }],
    ['a description alone', { ...whole, name: 'before the update' }],
    ['a name of another epoch', { ...whole, name: snapshotName({ ...tag, epoch: 1 }) }],
    ['a name of another job', { ...whole, name: snapshotName({ ...tag, jobId: 'job-2' }) }],
    ['a tag behind other words', { ...whole, description: `see: ${whole.description}` }],
    ['a tag in the second line', { ...whole, description: `note\n${whole.description}` }],
    ['a longer line', { ...whole, description: `${tagLine(tag)}/more` }],
    ['an epoch of no run', { ...whole, description: `migratekit/site-a/${tag.jobId}/0` }],
    ['an installation without a name', { ...whole, description: `migratekit//${tag.jobId}/12` }],
  ])('%s is nobody of ours', (_what, snapshot) => {
    expect(readTag(snapshot)).toBeUndefined();
  });
});
