/** Where people say that a CloudStack is, as its API is called. */

const API_PATH = '/client/api';

/**
 * `cloud.example.com:8080` -> `http://cloud.example.com:8080/client/api`. Undefined for what is no http(s) address, or
 * holds a user, a query or a fragment: those are no part of an endpoint, and could hold a secret.
 */
export function cloudEndpoint(text: string): string | undefined {
  const trimmed = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  if (path.endsWith(API_PATH)) return url.origin + path;
  return path.endsWith('/client') ? `${url.origin}${path}/api` : url.origin + path + API_PATH;
}

/** Whether keys that were saved for one may be sent to the other: the same host, whatever port and path. */
export function isSameCloud(one: string, other: string): boolean {
  const host = URL.parse(one)?.hostname;
  return host !== undefined && host === URL.parse(other)?.hostname;
}
