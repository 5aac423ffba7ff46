import type { TestApi } from './api.ts';

/** Somebody in a browser who has signed in, without the browser: a cookie, and the headers that browsers send. */
export interface BrowserUser {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** A form, or a call, of one of our own pages unless `headers` say otherwise. */
  send(method: string, path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export async function signedInBrowser(api: TestApi): Promise<BrowserUser> {
  const { token } = await api.context.sessions.issue('ann', 1);
  const base = { cookie: `migratekit_session=${token}`, accept: 'text/html,*/*;q=0.8' };
  const ask = (method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${api.url}${path}`, { method, redirect: 'manual', headers: { ...base, ...headers } });
  return {
    get: (path, headers = {}) => ask('GET', path, headers),
    send: (method, path, headers = {}) => ask(method, path, { 'sec-fetch-site': 'same-origin', ...headers }),
  };
}
