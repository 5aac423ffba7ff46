import { expect, test } from '@jest/globals';
import { markup } from '../../../../src/api/pages/markup.ts';

test('everything that is put in is escaped, in text and in attributes, also inside of lists', () => {
  const evil = `<b onclick="x">'&`;
  const escaped = '&lt;b onclick=&quot;x&quot;&gt;&#39;&amp;';
  expect(markup`<i title="${evil}">${[evil, [evil]]}</i>`.text).toBe(`<i title="${escaped}">${escaped}${escaped}</i>`);
});

test('HTML made by the template stays HTML, and what is absent leaves nothing', () => {
  expect(markup`<p>${markup`<b>${1}</b>`}${undefined}${null}${false}${0}</p>`.text).toBe('<p><b>1</b>0</p>');
});
