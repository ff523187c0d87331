import test from 'node:test';
import assert from 'node:assert/strict';
import { parts } from '../../web/views/text.js';
import { matching, wantedName } from '../../web/views/names.js';
import { bob } from './world.mjs';

const links = (text) => parts(text, []).filter((p) => p.kind === 'link').map((p) => p.href);

test('only http, https and mailto become links', () => {
  assert.deepEqual(links('see https://example.org/a?b=c and mailto:ada@example.org'), ['https://example.org/a?b=c', 'mailto:ada@example.org']);
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'xhttps://a.b', 'https://']) assert.deepEqual(links(text), [], text);
});

test('a sentence\'s end is not part of its link', () => {
  assert.deepEqual(links('(https://example.org/a).'), ['https://example.org/a']);
  assert.deepEqual(links('https://example.org/a_(b)'), ['https://example.org/a_(b)']);
});

test('nothing of a text is lost or added', () => {
  for (const text of ['<b>hi</b> https://a.b/c, @bob!', '@bob@bob', '@nobody', 'a'.repeat(9), 'x@bob.org']) {
    assert.equal(parts(text, [bob]).map((p) => p.text).join(''), text);
  }
});

test('those who are mentioned are marked, others are not', () => {
  assert.deepEqual(parts('hi @Bob. and @eve', [bob]).filter((p) => p.kind === 'mention').map((p) => [p.text, p.id]), [['@Bob', 'bob']]);
  assert.deepEqual(parts('mail x@bob', [bob]).map((p) => p.kind), ['text']);
});

test('a name is completed after an at sign that begins a word', () => {
  assert.equal(wantedName('hello @bo'), 'bo');
  assert.equal(wantedName('@'), '');
  assert.equal(wantedName('@홍길'), '홍길');
  assert.equal(wantedName('x@bo'), null);
  assert.equal(wantedName('@bob '), null);
});

test('a name that is written out asks for no choice', () => {
  const people = [bob, { id: 'b2', name: 'bobby' }];
  assert.deepEqual(matching(people, 'BOB').length, 2);
  assert.deepEqual(matching(people, 'bobby'), []);
  assert.deepEqual(matching([bob], 'bob'), []);
});
