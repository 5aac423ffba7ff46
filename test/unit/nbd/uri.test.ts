import { describe, expect, test } from '@jest/globals';
import { isNbdUri, parseNbdUri } from '../../../src/nbd/uri.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('an NBD URI', () => {
  test.each([
    ['nbd://host', { transport: 'tcp', host: 'host', port: 10809 }, ''],
    ['nbd://host/', { transport: 'tcp', host: 'host', port: 10809 }, ''],
    ['nbd://10.0.0.1:1234/disk', { transport: 'tcp', host: '10.0.0.1', port: 1234 }, 'disk'],
    ['nbd://host//disk', { transport: 'tcp', host: 'host', port: 10809 }, '/disk'],
    ['nbd://[::1]:99/a%20b', { transport: 'tcp', host: '::1', port: 99 }, 'a b'],
    ['nbd://host/a/b', { transport: 'tcp', host: 'host', port: 10809 }, 'a/b'],
    ['nbd+unix:///?socket=/run/x.sock', { transport: 'unix', path: '/run/x.sock' }, ''],
    ['nbd+unix:///disk%2F1?socket=/run/a%20b+c.sock', { transport: 'unix', path: '/run/a b+c.sock' }, 'disk/1'],
  ])('%s is understood', (text, address, exportName) => {
    expect(parseNbdUri(text)).toMatchObject({ address, exportName });
  });

  test.each([
    ['nbd+unix:///disk', 'names no socket'],
    ['nbd+unix://host/disk?socket=/x', 'has no host'],
    ['nbd://host/disk?socket=/x', 'goes with nbd+unix'],
    ['nbd://host/disk?tlstype=x', 'unknown'],
    ['nbd+vsock://1:2/', 'unknown'],
    ['nbd://host/%zz', 'percent-encoding'],
    [`nbd+unix:///?socket=/${'x'.repeat(107)}`, '107 bytes'],
    [`nbd://host/${'x'.repeat(4097)}`, '4096 bytes'],
    ['nbd+unix:///?socket=/a&socket=/b', 'twice'],
    ['nbd://host:99999/', 'not a URI'],
  ])('%s is refused, saying why', (text, why) => {
    expect(thrownBy(() => parseNbdUri(text))).toMatchObject({
      code: 'nbd.invalid-uri',
      message: expect.stringContaining(why),
    });
  });

  test.each([
    ['nbds://host/disk', { hostname: 'host', certificatesPath: undefined }],
    ['nbds://[::1]/', { hostname: '::1', certificatesPath: undefined }],
    ['NBDS://host/?tls-certificates=/etc/a%20b', { hostname: 'host', certificatesPath: '/etc/a b' }],
    ['nbds://10.0.0.1/?tls-hostname=oma.example&tls-type=x509', { hostname: 'oma.example' }],
    ['nbds://host/?tls-verify-peer=1', { hostname: 'host' }],
    ['nbds+unix:///?socket=/run/x.sock', { hostname: 'localhost' }],
    [
      'nbds+unix:///?socket=/run/x.sock&tls-hostname=vma&tls-certificates=pki',
      { hostname: 'vma', certificatesPath: 'pki' },
    ],
  ])('%s asks for TLS', (text, tls) => {
    expect(isNbdUri(text)).toBe(true);
    expect(parseNbdUri(text).tls).toMatchObject(tls);
  });

  test('without nbds there is no TLS, and no parameter may make one believe so', () => {
    expect(parseNbdUri('nbd://host/disk').tls).toBeUndefined();
    expect(thrownBy(() => parseNbdUri('nbd://host/?tls-certificates=/x'))).toMatchObject({
      code: 'nbd.invalid-uri',
      message: expect.stringContaining('not encrypted'),
    });
  });

  test.each([
    'nbds://host/?tls-psk-file=/x',
    'nbds://host/?tls-type=psk',
    'nbds://host/?tls-type=anon',
    'nbds://host/?tls-verify-peer=0',
    'nbds://host/?tls-verify-peer=False',
    'nbds+unix:///?socket=/x&tls-verify-peer=no',
  ])('%s asks for what is not safe, or not spoken', (text) => {
    expect(thrownBy(() => parseNbdUri(text))).toMatchObject({ code: 'nbd.tls-unsupported', hint: expect.any(String) });
  });

  test.each([
    ['nbds://host/?tls-type=ssl', 'one of'],
    ['nbds://host/?tls-verify-peer=perhaps', '0 or 1'],
    ['nbds://host/?tls-certificates=', 'no folder'],
    ['nbds://host/?tls-hostname=', 'empty'],
    ['nbds://host/?tls-cipher=x', 'unknown'],
    ['nbds+vsock://1:2/', 'unknown'],
  ])('%s is refused too', (text, why) => {
    expect(thrownBy(() => parseNbdUri(text))).toMatchObject({
      code: 'nbd.invalid-uri',
      message: expect.stringContaining(why),
    });
  });

  test('a user name never reaches a message', () => {
    expect(parseNbdUri('nbd://secret@host/x').display).toBe('nbd://host/x');
    expect(thrownBy(() => parseNbdUri('nbd://secret@host/%zz'))).toMatchObject({
      message: expect.not.stringContaining('secret'),
    });
  });

  test('a path is not a URI', () => {
    expect(isNbdUri('/dev/vda')).toBe(false);
    expect(isNbdUri('nbd.img')).toBe(false);
  });
});
