import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { VcenterAccess } from '../contract.ts';
import { Secret } from '../../config/secrets.ts';

/**
 * Seals the access to a vCenter for as long as a snapshot there is ours: AES-256-GCM under a key that is derived from the
 * VMA's token. What is sealed for one session opens for that session only.
 * Format: `v1.<nonce>.<ciphertext>.<tag>`, base64url.
 */
export class AccessSeal {
  readonly #key: Secret<Buffer>;

  constructor(token: Secret) {
    const key = hkdfSync('sha256', token.reveal(), '', 'migratekit vma vcenter access v1', KEY_BYTES);
    this.#key = new Secret(Buffer.from(key));
  }

  seal(access: VcenterAccess, sessionId: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key.reveal(), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(sessionId));
    const text = Buffer.concat([cipher.update(JSON.stringify(access), 'utf8'), cipher.final()]);
    return [VERSION, ...[nonce, text, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
  }

  /** Undefined when it does not open: sealed under another token, for another session, or damaged. */
  open(sealed: string, sessionId: string): VcenterAccess | undefined {
    const [version, ...rest] = sealed.split('.');
    const [nonce, text, tag] = rest.map((part) => Buffer.from(part, 'base64url'));
    if (version !== VERSION || nonce === undefined || text === undefined || tag?.length !== TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key.reveal(), nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(sessionId));
      decipher.setAuthTag(tag);
      const plain = Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
      return VcenterAccess.parse(JSON.parse(plain));
    } catch {
      // What went wrong could quote the plain text.
      return undefined;
    }
  }
}

const VERSION = 'v1';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
