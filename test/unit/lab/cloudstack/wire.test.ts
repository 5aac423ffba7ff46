import { expect, test } from '@jest/globals';
import { badParameter, notVerified, Refusal } from '../../../../src/lab/cloudstack/refusal.ts';
import { errorAnswer, valueAnswer } from '../../../../src/lab/cloudstack/wire.ts';

test('values are under the name of their command', () => {
  expect(valueAnswer({ command: 'listZones', json: true }, {}).body).toBe('{"listzonesresponse":{}}');
});

test('errors have their code as HTTP status and their text in a header', () => {
  const answer = errorAnswer({ command: 'deleteVolume', json: true }, badParameter('no'));

  expect(answer).toMatchObject({ status: 431, description: 'no' });
  expect(JSON.parse(answer.body)).toEqual({
    deletevolumeresponse: { uuidList: [], errorcode: 431, cserrorcode: 4350, errortext: 'no' },
  });
});

test('errors of unknown and unsupported commands are under errorresponse', () => {
  expect(errorAnswer({ command: undefined, json: true }, notVerified()).body).toContain('"errorresponse"');
  expect(errorAnswer({ command: 'listZones', json: true }, new Refusal(432, 'no')).body).toContain('"errorresponse"');
});

test('answers are XML where JSON is not asked for', () => {
  const { body, contentType } = valueAnswer(
    { command: 'listZones', json: false },
    { count: 1, zone: [{ name: 'a<b' }] },
  );

  expect(contentType).toBe('text/xml; charset=UTF-8');
  expect(body).toContain('<listzonesresponse><count>1</count><zone><name>a&lt;b</name></zone></listzonesresponse>');
});
