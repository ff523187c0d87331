import test from 'node:test';
import assert from 'node:assert/strict';
import { blocks, parts } from '../../web/state/markup.js';
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

test('code stands between lines of three backticks, and keeps what is in it', () => {
  assert.deepEqual(blocks('look:\n```go\n> x := "`"\n\n\tif y {\n```\nnice'), [
    { kind: 'text', text: 'look:' }, { kind: 'code', text: '> x := "`"\n\n\tif y {' }, { kind: 'text', text: 'nice' },
  ]);
  assert.deepEqual(blocks('```\nа\n```'), [{ kind: 'code', text: 'а' }]);
  assert.deepEqual(blocks('```\na\n```\n```\nb\n```').map((b) => b.text), ['a', 'b']);
});

test('backticks that nothing closes are what they are', () => {
  for (const text of ['```\nnever closed', '```', 'a ``` b', '```\n```', 'one ` two', '````', '`\n`']) {
    assert.deepEqual(blocks(text), [{ kind: 'text', text }], text);
    assert.equal(parts(text, []).map((p) => p.text).join(''), text);
    assert.ok(parts(text, []).every((p) => p.kind === 'text'), text);
  }
});

test('lines after a > are a quote', () => {
  assert.deepEqual(blocks('> a\n>b\n\nyes'), [{ kind: 'quote', text: 'a\nb' }, { kind: 'text', text: 'yes' }]);
  assert.deepEqual(blocks('a > b\n -> c'), [{ kind: 'text', text: 'a > b\n -> c' }]);
});

test('within a line, code is neither a link nor a name', () => {
  assert.deepEqual(parts('use `@bob https://a.b` and ```x```, @bob', [bob]).map((p) => [p.kind, p.text]), [
    ['text', 'use '], ['code', '@bob https://a.b'], ['text', ' and '], ['code', 'x'], ['text', ', '], ['mention', '@bob'],
  ]);
});

test('the worst that a message can be is read at once', () => {
  const begun = performance.now();
  for (const text of ['```x\n'.repeat(1600), '`'.repeat(8000), '`a'.repeat(4000), '>'.repeat(8000), '>\n'.repeat(4000), '@a.'.repeat(2600), 'https://'.repeat(1000), '```\n'.repeat(2000)]) {
    for (const block of blocks(text)) parts(block.text, [bob]);
  }
  assert.ok(performance.now() - begun < 1000);
});
