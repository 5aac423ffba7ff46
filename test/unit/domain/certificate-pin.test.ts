import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isCertificates, normalThumbprint } from '../../../src/domain/certificate-pin.ts';

describe('a thumbprint', () => {
  const sha1 = '5B:0E:7C:61:0D:3A:0C:47:83:43:7D:53:8E:2C:B5:4E:A0:1C:71:0F';
  test.each([sha1, sha1.toLowerCase(), sha1.replaceAll(':', ''), sha1.replaceAll(':', '').toLowerCase()])(
    'is kept in capitals with colons, given as %s',
    (given) => {
      expect(normalThumbprint(given)).toBe(sha1);
    },
  );

  test('may be one of SHA-256', () => {
    expect(normalThumbprint('ab'.repeat(32))).toBe(Array.from({ length: 32 }, () => 'AB').join(':'));
  });

  test.each([
    '',
    'AB',
    sha1.slice(3),
    `${sha1}:00`,
    `${sha1}:`,
    sha1.replace('5B', '5G'),
    ` ${sha1}`,
    'a:b'.repeat(20),
  ])('is not %j', (text) => {
    expect(normalThumbprint(text)).toBeUndefined();
  });
});

describe('certificates of authorities', () => {
  let folder: string;
  let certificate: string;
  let privateKey: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mk-pem-'));
    const [keyFile, certificateFile] = [join(folder, 'key'), join(folder, 'certificate')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const out = ['-subj', '/CN=ca', '-keyout', keyFile, '-out', certificateFile];
    execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...out], { stdio: 'ignore' });
    certificate = readFileSync(certificateFile, 'utf8');
    privateKey = readFileSync(keyFile, 'utf8');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('are one or several, with space around them', () => {
    expect(isCertificates(certificate)).toBe(true);
    expect(isCertificates(`\n${certificate}\n\n${certificate}  `)).toBe(true);
  });

  test('are refused with a private key among them, cut, or with anything else', () => {
    expect(isCertificates(certificate + privateKey)).toBe(false);
    expect(isCertificates(privateKey)).toBe(false);
    expect(isCertificates(certificate.replace(/\n[^-\n]+\n-----END/, '\n-----END'))).toBe(false);
    expect(isCertificates(`${certificate}x`)).toBe(false);
    expect(isCertificates(certificate + certificate.replace('-----END', '----END'))).toBe(false);
    expect(isCertificates('')).toBe(false);
  });
});
