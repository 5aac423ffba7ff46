import { describe, expect, test } from '@jest/globals';
import { toConfig } from '../../../src/config/config.ts';
import { readEnv } from '../../../src/config/env.ts';

const originsOf = (text: string): readonly string[] =>
  toConfig(readEnv({ MIGRATEKIT_CORS_ORIGINS: text })).api.corsOrigins;

describe('origins of other sites', () => {
  test('are none unless named, and any number of them', () => {
    expect(originsOf('')).toEqual([]);
    expect(originsOf(' https://a.example  http://localhost:5173 ')).toEqual([
      'https://a.example',
      'http://localhost:5173',
    ]);
  });

  test.each([
    '*',
    'null',
    'a.example',
    'https://a.example/',
    'https://a.example/path',
    'https://A.example',
    'https://a.example:443',
    'https://*.example',
    'ftp://a.example',
    'https://a.example,https://b.example',
    'https://ok.example javascript:alert(1)',
  ])('%s is refused, because no browser sends it or because it names everybody', (text) => {
    expect(() => originsOf(text)).toThrow(/MIGRATEKIT_CORS_ORIGINS/);
  });
});
