import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../../../src/config/secrets.ts';
import { AccessSeal } from '../../../../src/vma/vsphere/access-seal.ts';

const access = {
  vcenter: 'vc1.example.com',
  username: 'replicator@vsphere.local',
  password: 'canary-ß-7781',
  ca: null,
};
const seal = new AccessSeal(new Secret('the token of this VMA'));

describe('sealed access', () => {
  test('opens for its session, also after a restart, and shows nothing', () => {
    const sealed = seal.seal(access, 'src-1');
    expect(new AccessSeal(new Secret('the token of this VMA')).open(sealed, 'src-1')).toEqual(access);
    const bytes = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('utf8'));
    for (const text of [sealed, ...bytes]) expect(text).not.toMatch(/canary|replicator|example/);
    expect(seal.seal(access, 'src-1')).not.toBe(sealed);
  });

  test('does not open for another session, under another token, or changed', () => {
    const sealed = seal.seal(access, 'src-1');
    expect(seal.open(sealed, 'src-2')).toBeUndefined();
    expect(new AccessSeal(new Secret('another token, as long')).open(sealed, 'src-1')).toBeUndefined();
    const [version = '', ...parts] = sealed.split('.');
    for (const index of parts.keys()) {
      const changed = parts.map((part, at) =>
        at === index ? `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}` : part,
      );
      expect(seal.open([version, ...changed].join('.'), 'src-1')).toBeUndefined();
      expect(seal.open([version, ...parts.slice(0, index)].join('.'), 'src-1')).toBeUndefined();
    }
    expect(seal.open(`v2.${parts.join('.')}`, 'src-1')).toBeUndefined();
    expect(seal.open('', 'src-1')).toBeUndefined();
  });
});
