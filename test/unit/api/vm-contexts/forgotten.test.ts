import { expect, test } from '@jest/globals';
import { conflict, notFound } from '../../../../src/base/errors.ts';
import { orForgotten } from '../../../../src/api/vm-contexts/forgotten.ts';

const unknown = (): ReturnType<typeof notFound> => notFound('context.unknown', 'there is no such VM');

test('a job whose VM was forgotten meanwhile is of an unknown VM', () => {
  const refused = Object.assign(new Error('a foreign key constraint fails'), { errno: 1452 });
  expect(() => orForgotten(unknown)(refused)).toThrow('there is no such VM');
});

test('every other refusal stays what it is', () => {
  const busy = conflict('context.busy', 'another job has it');
  expect(() => orForgotten(unknown)(busy)).toThrow(busy);
});
