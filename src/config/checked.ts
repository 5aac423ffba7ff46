import { Secret } from './secrets.ts';

/** Values of settings that are looked at more closely than their type. What is thrown names the setting, never the value. */

/** Until mutual TLS exists, everything that carries disks or controls them stays on this machine. */
export function local(name: string, host: string, mayBePublic = false): string {
  const isLocal = host === '::1' || host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host);
  if (!isLocal && !mayBePublic) {
    throw new Error(
      `settings are wrong: ${name} must be a loopback address: this version has no TLS between its parts`,
    );
  }
  return host;
}

export function token(name: string, value: string | undefined): Secret | undefined {
  if (value !== undefined && value.length < 16)
    throw new Error(`settings are wrong: ${name} needs at least 16 characters`);
  return optionalSecret(value);
}

/** Each by name: `*` would let every site use the session of whoever visits it. */
export function origins(name: string, value: string | undefined): string[] {
  const named = words(value);
  for (const origin of named) {
    if (/^https?:[^*]+$/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new Error(
      `settings are wrong: ${name}: "${origin}" is not an origin: scheme, name and port, in lower case, without a path`,
    );
  }
  return named;
}

export const words = (value: string | undefined): string[] => (value ?? '').split(/\s+/).filter((word) => word !== '');

export const ifSet = <T>(value: string | undefined, read: (text: string) => T): T | undefined =>
  value === undefined ? undefined : read(value);

export const optionalSecret = (value: string | undefined): Secret | undefined =>
  ifSet(value, (text) => new Secret(text));

export function secretsKey(name: string, base64: string): Secret<Buffer> {
  const key = Buffer.from(base64, 'base64');
  if (key.length !== 32) throw new Error(`settings are wrong: ${name} must be 32 bytes in base64`);
  return new Secret(key);
}
