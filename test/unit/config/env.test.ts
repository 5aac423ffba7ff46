import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { envSchema, readEnv } from '../../../src/config/env.ts';
import { toConfig } from '../../../src/config/config.ts';

const load = (settings: Record<string, string>) => toConfig(readEnv(settings));

describe('settings', () => {
  test('example.env lists exactly the settings that are read', () => {
    const text = readFileSync(join(process.cwd(), 'example.env'), 'utf8');
    const listed = [...text.matchAll(/^#?([A-Z0-9_]+)=/gm)].map((match) => match[1]);

    expect(listed).toEqual(Object.keys(envSchema.shape));
  });

  test('example.env shows the defaults', () => {
    const text = readFileSync(join(process.cwd(), 'example.env'), 'utf8');
    const shown: Record<string, string> = {};
    for (const [, name = '', value = ''] of text.matchAll(/^#([A-Z0-9_]+)=(.+)$/gm)) shown[name] = value;
    // The folder of sockets follows TMPDIR, so its default differs between machines.
    delete shown['MIGRATEKIT_RUN_DIR'];

    expect(readEnv(shown)).toEqual(readEnv({}));
  });

  test('a bad value is named, and its text, which may be a password, is not printed', () => {
    const bad = { MIGRATEKIT_DB_PORT: 'hunter2', MIGRATEKIT_LEASE_MS: '-1' };

    expect(() => load(bad)).toThrow(/MIGRATEKIT_DB_PORT[\s\S]*MIGRATEKIT_LEASE_MS/);
    expect(() => load(bad)).not.toThrow(/hunter2/);
  });

  test('an empty value means not set', () => {
    expect(load({ MIGRATEKIT_DB_PORT: '' }).database.port).toBe(3306);
  });

  test('secrets do not print', () => {
    const config = load({ MIGRATEKIT_DB_PASSWORD: 'hunter2', MIGRATEKIT_VMA_TOKEN: 'hunter2-hunter2-hunter2' });

    expect(
      `${JSON.stringify(config)} ${inspect(config, { depth: 9 })} ${String(config.database.password)}`,
    ).not.toContain('hunter2');
    expect(config.database.password.reveal()).toBe('hunter2');
  });

  test.each([
    ['MIGRATEKIT_VMA_HOST', '0.0.0.0', /loopback/],
    ['MIGRATEKIT_VOLUME_DAEMON_HOST', '10.0.0.1', /loopback/],
    ['MIGRATEKIT_NBD_HOST', '::', /loopback/],
    ['MIGRATEKIT_VMA_TOKEN', 'short', /16 characters/],
    ['MIGRATEKIT_SECRETS_KEY', 'AAAA', /32 bytes/],
    ['MIGRATEKIT_SECRETS_OTHER_KEYS', `${'A'.repeat(43)}= AAAA`, /MIGRATEKIT_SECRETS_OTHER_KEYS must be 32 bytes/],
    ['MIGRATEKIT_TRUST_MS', '40000', /MIGRATEKIT_LEASE_MS/],
  ])('%s=%s is refused at start', (name, value, reason) => {
    expect(() => load({ [name]: value })).toThrow(reason);
  });
});
