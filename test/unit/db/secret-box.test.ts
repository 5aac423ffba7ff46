import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { SecretBox } from '../../../src/db/secret-box.ts';

const key = new Secret(randomBytes(32));
const box = new SecretBox(key);
const place = { table: 'ossea_configs', row: 'lab', column: 'api_key' };

function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'nothing was thrown';
}

describe('secret box', () => {
  test.each(['', 'plain', 'ünïcödé 🔑', 'x'.repeat(10_000)])('gives back what was sealed: %#', (text) => {
    expect(box.open(box.seal(new Secret(text), place), place).reveal()).toBe(text);
  });

  test('another process with the same key opens it', () => {
    const sealed = box.seal(new Secret('s3cret'), place);
    expect(new SecretBox(key).open(sealed, place).reveal()).toBe('s3cret');
  });

  test('the same secret never seals to the same text, and the text does not hold it', () => {
    const texts = Array.from({ length: 50 }, () => box.seal(new Secret('s3cret'), place));
    expect(new Set(texts).size).toBe(50);
    for (const text of texts) {
      expect(text).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
      expect(Buffer.from(text.split('.')[3] ?? '', 'base64url').toString()).not.toContain('s3cret');
    }
  });

  test('every change of one character is refused', () => {
    const sealed = box.seal(new Secret('s3cret'), place);
    for (let index = 0; index < sealed.length; index += 1) {
      for (const other of ['A', 'B', '0', '.', '_', '~']) {
        if (sealed[index] === other) continue;
        const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
        expect([changed, codeOf(() => box.open(changed, place))]).toEqual([
          changed,
          expect.stringMatching(/^secret\.(damaged|other-key)$/),
        ]);
      }
    }
  });

  test('every cut is refused', () => {
    const sealed = box.seal(new Secret('s3cret'), place);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(codeOf(() => box.open(sealed.slice(0, length), place))).toMatch(/^secret\.(damaged|other-key)$/);
    }
    expect(codeOf(() => box.open(`${sealed}.A`, place))).toBe('secret.damaged');
  });

  test.each([
    { ...place, table: 'vmware_credentials' },
    { ...place, row: 'other' },
    { ...place, column: 'secret_key' },
    { table: 'ossea_configs', row: 'lab","api_key', column: '' },
  ])('it opens in its own cell only, not in %j', (other) => {
    expect(codeOf(() => box.open(box.seal(new Secret('s3cret'), place), other))).toBe('secret.damaged');
  });

  test('another key is named as such, and a foreign key id on our text does not pass', () => {
    const other = new SecretBox(new Secret(randomBytes(32)));
    const sealed = other.seal(new Secret('s3cret'), place);
    expect(codeOf(() => box.open(sealed, place))).toBe('secret.other-key');
    const ourId = box.seal(new Secret('x'), place).split('.')[1];
    const renamed = sealed
      .split('.')
      .with(1, ourId ?? '')
      .join('.');
    expect(codeOf(() => box.open(renamed, place))).toBe('secret.damaged');
  });

  test('a further key opens what was sealed under it, and only the master key seals', () => {
    const formerKey = new Secret(randomBytes(32));
    const former = new SecretBox(formerKey);
    const sealed = former.seal(new Secret('s3cret'), place);
    const both = new SecretBox(key, [new Secret(randomBytes(32)), formerKey]);
    expect(both.open(sealed, place).reveal()).toBe('s3cret');
    expect(codeOf(() => both.open(sealed, { ...place, row: 'other' }))).toBe('secret.damaged');
    expect(both.isCurrent(sealed)).toBe(false);

    const again = both.seal(both.open(sealed, place), place);
    expect(both.isCurrent(again)).toBe(true);
    expect(both.keyId).toBe(box.keyId);
    expect(box.open(again, place).reveal()).toBe('s3cret');
    expect(codeOf(() => former.open(again, place))).toBe('secret.other-key');
  });

  test('the master key stays the one to seal with when it is named among the further keys, too', () => {
    const twice = new SecretBox(key, [key]);
    expect(box.open(twice.seal(new Secret('s3cret'), place), place).reveal()).toBe('s3cret');
  });

  test('a further key that has not 32 bytes is refused', () => {
    expect(codeOf(() => new SecretBox(key, [new Secret(randomBytes(31))]))).toBe('secret.no-key');
  });

  test('digests are equal for equal secrets under one key, and under another key nothing can be compared', () => {
    const digest = box.digest(new Secret('s3cret'));
    expect(new SecretBox(key).digest(new Secret('s3cret'))).toBe(digest);
    expect(box.digest(new Secret('s3cres'))).not.toBe(digest);
    expect(new SecretBox(new Secret(randomBytes(32))).digest(new Secret('s3cret'))).not.toBe(digest);
  });

  test.each([undefined, new Secret(Buffer.alloc(0)), new Secret(randomBytes(31)), new Secret(randomBytes(33))])(
    'a key that is missing or not 32 bytes long is refused: %#',
    (bad) => {
      expect(codeOf(() => new SecretBox(bad))).toBe('secret.no-key');
    },
  );

  test('printing it shows no key', () => {
    const shown = inspect(box, { depth: 9, showHidden: true }) + JSON.stringify(box);
    expect(shown).not.toContain(key.reveal().toString('hex').slice(0, 8));
    expect(shown).not.toMatch(/Buffer/);
  });
});
