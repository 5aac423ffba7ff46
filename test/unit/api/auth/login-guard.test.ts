import { describe, expect, test } from '@jest/globals';
import { FAILURES_PER_ADDRESS, FAILURES_PER_NAME, LoginGuard } from '../../../../src/api/auth/login-guard.ts';
import { MINUTE } from '../../../../src/base/units.ts';

function guardAt(start = 0): { guard: LoginGuard; pass: (ms: number) => void } {
  let now = start;
  const guard = new LoginGuard({ monotonic: () => now });
  return { guard, pass: (ms) => (now += ms) };
}

const refusal = expect.objectContaining({ code: 'auth.too-many-attempts' }) as unknown as Error;

describe('LoginGuard', () => {
  test('an address that keeps failing is refused until its window ends', () => {
    const { guard, pass } = guardAt();
    for (let i = 0; i < FAILURES_PER_ADDRESS; i += 1) guard.admit('192.0.2.1', `user${i}`);

    expect(() => guard.admit('192.0.2.1', 'someone')).toThrow(refusal);
    expect(() => guard.admit('192.0.2.2', 'someone')).not.toThrow();

    pass(16 * MINUTE);
    expect(() => guard.admit('192.0.2.1', 'someone')).not.toThrow();
  });

  test('a name is protected from many addresses together', () => {
    const { guard } = guardAt();
    for (let i = 0; i < FAILURES_PER_NAME; i += 1) guard.admit(`192.0.2.${i}`, 'admin');

    expect(() => guard.admit('198.51.100.1', 'admin')).toThrow(refusal);
    expect(() => guard.admit('198.51.100.1', 'other')).not.toThrow();
  });

  test('sign-ins that succeed never add up', () => {
    const { guard } = guardAt();
    for (let i = 0; i < 10 * FAILURES_PER_NAME; i += 1) {
      guard.admit('192.0.2.1', 'admin');
      guard.succeeded('192.0.2.1', 'admin');
    }

    expect(() => guard.admit('192.0.2.1', 'admin')).not.toThrow();
  });

  test('the addresses of one IPv6 subscriber count as one', () => {
    const { guard } = guardAt();
    for (let i = 0; i < FAILURES_PER_ADDRESS; i += 1) guard.admit(`2001:db8::${(i + 1).toString(16)}`, `user${i}`);

    expect(() => guard.admit('2001:db8:0:0:ffff:1:2:3', 'someone')).toThrow(refusal);
    expect(() => guard.admit('2001:db8:0:1::1', 'someone')).not.toThrow();
  });
});
