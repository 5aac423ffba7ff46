import { createSecretKey, hkdfSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import { notAllowed } from '../../base/errors.ts';
import { HOUR } from '../../base/units.ts';
import type { Config } from '../../config/config.ts';
import { KnownSessions } from './known-sessions.ts';
import { readOrMakeSecret } from './made-once.ts';

/**
 * Sessions are signed tokens (JWT, HS256): every API process that holds the same key accepts them, also after a
 * restart, and nothing is stored. A token cannot be called back before it expires; a new key ends all of them.
 */

const ISSUER = 'migratekit';
const AUDIENCE = 'migratekit-api';
const KEY_BYTES = 32;

export interface IssuedSession {
  readonly token: string;
  readonly expiresAt: Date;
}

export interface Session {
  readonly user: string;
  readonly expiresAt: Date;
}

export interface Sessions {
  /** A token for `user` that lives `hours` from now. */
  issue(user: string, hours: number): Promise<IssuedSession>;
  /** Whose token this is, and until when. @throws notAllowed `auth.expired`, `auth.bad-token` */
  sessionOf(token: string): Promise<Session>;
  /** Whose token this is. Throws as `sessionOf`. */
  userOf(token: string): Promise<string>;
}

type KeySource = Pick<Config, 'secretsKey' | 'stateDir'>;

/**
 * Sessions under the key of this installation: derived from MIGRATEKIT_SECRETS_KEY, else from a random key that the
 * first process to need it leaves in the state folder. Several hosts need the setting.
 */
export async function openSessions(config: KeySource): Promise<Sessions> {
  const key = await sessionKey(config);
  const known = new KnownSessions();
  const sessionOf = async (token: string): Promise<Session> => {
    const before = known.find(token);
    if (before !== undefined) return before;
    const session = await verified(key, token);
    known.add(token, session);
    return session;
  };
  return {
    issue: (user, hours) => issue(key, { user, hours }),
    sessionOf,
    userOf: async (token) => (await sessionOf(token)).user,
  };
}

/** A token without a login, for programs on the host that hold the installation's key (the lab, `migratekit admin`). */
export async function createToken(config: KeySource, request: { user: string; hours: number }): Promise<IssuedSession> {
  return (await openSessions(config)).issue(request.user, request.hours);
}

async function sessionKey(config: KeySource): Promise<KeyObject> {
  const own = config.secretsKey?.reveal();
  const root = own ?? Buffer.from(await keyFile(config.stateDir), 'base64');
  // A KeyObject: jose imports raw bytes anew for every token.
  return createSecretKey(
    new Uint8Array(hkdfSync('sha256', root, Buffer.alloc(0), 'migratekit api sessions v1', KEY_BYTES)),
  );
}

const keyFile = (stateDir: string): Promise<string> =>
  readOrMakeSecret(join(stateDir, 'session-key'), () => randomBytes(KEY_BYTES).toString('base64'));

async function issue(key: KeyObject, session: { user: string; hours: number }): Promise<IssuedSession> {
  // Tokens count whole seconds: what we announce must be what the token says.
  const expiresAt = new Date(Math.floor((Date.now() + session.hours * HOUR) / 1000) * 1000);
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(session.user)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setJti(randomUUID())
    .setExpirationTime(expiresAt)
    .sign(key);
  return { token, expiresAt };
}

async function verified(key: KeyObject, token: string): Promise<Session> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'exp'],
    });
    const { sub: user = '', exp = 0 } = payload;
    if (user !== '') return { user, expiresAt: new Date(exp * 1000) };
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) {
      throw notAllowed('auth.expired', 'the session has expired', { hint: 'sign in again: POST /api/v1/auth/login' });
    }
    if (!(cause instanceof errors.JOSEError)) throw cause;
  }
  throw notAllowed('auth.bad-token', 'the bearer token is not valid', {
    hint: 'sign in again: POST /api/v1/auth/login',
  });
}
