import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { VolumeFindingKind } from '../../../../src/domain/volume-findings.ts';

const CODE = /'((?:vm|guest|copy|volume|network|target|source)\.[a-z-]+)'/g;
/** Of volumes that no row knows: they are of no VM. */
const OF_NO_VM = ['orphan', 'unknown-context'];

test('every finding of readiness is explained in docs/failover.md, and nothing else is', async () => {
  const room = 'src/domain/readiness';
  const files = (await readdir(room)).filter((name) => name.endsWith('-rules.ts'));
  const sources = await Promise.all(files.map((name) => readFile(join(room, name), 'utf8')));
  const codes = sources.flatMap((text) => [...text.matchAll(CODE)].map(([, code]) => code));
  const kinds = VolumeFindingKind.options.filter((kind) => !OF_NO_VM.includes(kind)).map((kind) => `volume.${kind}`);
  const page = await readFile('docs/failover.md', 'utf8');
  const explained = [...page.matchAll(/<a id="([a-z]+)-([a-z-]+)"><\/a>`([a-z.-]+)`/g)];
  expect(explained.every(([, area, what, code]) => `${area}.${what}` === code)).toBe(true);
  expect(explained.map(([, , , code]) => code).toSorted()).toEqual([...new Set([...codes, ...kinds])].toSorted());
});
