import { describe, expect, test } from '@jest/globals';
import { cancelled, precondition, upstream } from '../../../src/base/errors.ts';
import { briefly } from '../../../src/processors/replicate/briefly.ts';

const signal = new AbortController().signal;
const away = upstream('vma.unreachable', 'vma does not answer', { hint: 'start it' });

/** Never answers, as a server that hangs. */
const hanging = (of: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => of.addEventListener('abort', () => reject(of.reason), { once: true }));

describe('a clean-up that is tried briefly', () => {
  test('says nothing when it works, also at a later try', async () => {
    let tries = 0;
    const work = (): Promise<void> => ((tries += 1) < 3 ? Promise.reject(away) : Promise.resolve());

    await expect(briefly(signal, work)).resolves.toBeUndefined();
    expect(tries).toBe(3);
  });

  test('gives up a far side that stays away, and says why', async () => {
    let tries = 0;
    const why = await briefly(signal, () => {
      tries += 1;
      return Promise.reject(away);
    });

    expect(why).toBe('vma does not answer (vma.unreachable); start it');
    expect(tries).toBe(3);
  });

  test('gives up a far side that accepts and never answers', async () => {
    await expect(briefly(signal, hanging)).resolves.toMatch(/no answer within \d+ ms/);
  });

  test('throws what no retry can help, at once', async () => {
    const refused = precondition('test.refused', 'never');
    let tries = 0;
    const work = (): Promise<never> => {
      tries += 1;
      return Promise.reject(refused);
    };

    await expect(briefly(signal, work)).rejects.toBe(refused);
    expect(tries).toBe(1);
  });

  test('throws the reason of the signal when that aborts meanwhile', async () => {
    const controller = new AbortController();
    const reason = cancelled('test.stop', 'stop');
    const tried = briefly(controller.signal, hanging);
    controller.abort(reason);

    await expect(tried).rejects.toBe(reason);
  });
});
