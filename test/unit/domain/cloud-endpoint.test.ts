import { expect, test } from '@jest/globals';
import { cloudEndpoint, isSameCloud } from '../../../src/domain/cloud-endpoint.ts';

test.each([
  ['cloud.example.com', 'http://cloud.example.com/client/api'],
  ['cloud.example.com:8080', 'http://cloud.example.com:8080/client/api'],
  [' https://cloud.example.com/ ', 'https://cloud.example.com/client/api'],
  ['https://cloud.example.com/client', 'https://cloud.example.com/client/api'],
  ['https://cloud.example.com/client/api/', 'https://cloud.example.com/client/api'],
  ['HTTPS://Cloud.Example.com/client/api', 'https://cloud.example.com/client/api'],
  ['https://proxy.example.com/cs', 'https://proxy.example.com/cs/client/api'],
  ['https://proxy.example.com/cs/client/api', 'https://proxy.example.com/cs/client/api'],
  ['[2001:db8::1]:8080', 'http://[2001:db8::1]:8080/client/api'],
])('%s is called as %s, and so is what comes out', (text, endpoint) => {
  expect(cloudEndpoint(text)).toBe(endpoint);
  expect(cloudEndpoint(endpoint)).toBe(endpoint);
});

test.each([
  '',
  'ftp://cloud.example.com',
  'file:///etc/passwd',
  'https://user:secret@cloud.example.com',
  'https://cloud.example.com/client/api?command=listZones',
  'https://cloud.example.com/#/dashboard',
  'http://',
  'a b',
])('%p is no endpoint', (text) => {
  expect(cloudEndpoint(text)).toBeUndefined();
});

test('keys go to the same host only, whatever its scheme and port', () => {
  expect(isSameCloud('http://cloud/client/api', 'https://cloud:8443/client/api')).toBe(true);
  expect(isSameCloud('http://cloud/client/api', 'http://cloud.evil.example/client/api')).toBe(false);
  expect(isSameCloud('nonsense', 'nonsense')).toBe(false);
});
