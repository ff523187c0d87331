import test from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { en as visitEn } from '../../web/i18n/en.js';
import { more as moreEn } from '../../web/i18n/en-more.js';
import { ko as visitKo } from '../../web/i18n/ko.js';
import { more as moreKo } from '../../web/i18n/ko-more.js';
import { emojiNames, learn, learnAll, spoken } from '../../web/i18n/index.js';

const web = fileURLToPath(new URL('../../web', import.meta.url));
const [en, ko] = [{ ...visitEn, ...moreEn }, { ...visitKo, ...moreKo }];
const repository = path.dirname(web);
const read = (name) => fs.readFileSync(path.join(web, name), 'utf8');
const sources = fs.readdirSync(web, { recursive: true }).map(String)
  .filter((name) => name.endsWith('.js') && !name.includes('node_modules') && !/^i18n.(en|ko)/.test(name));

/** Everything that an entry can say. */
const texts = (entry) => (typeof entry === 'string' ? [entry] : [entry.one, entry.other]);
const holes = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join();

test('both dictionaries have the same keys, and fill in the same values', () => {
  assert.deepEqual(Object.keys(ko), Object.keys(en));
  for (const key of Object.keys(en)) {
    for (const text of [...texts(en[key]), ...texts(ko[key])]) {
      assert.ok(text.trim(), `${key} is empty`);
      assert.equal(holes(text), holes(texts(en[key])[1] ?? texts(en[key])[0]), key);
    }
  }
});

test('Korean is Korean and English is English', () => {
  const neutral = new Set(['brand', 'ninety-nine', 'rooms.said']);
  for (const key of Object.keys(en).filter((k) => !neutral.has(k))) {
    assert.ok(texts(ko[key]).every((t) => /[가-힣]/.test(t)), `ko ${key}`);
    assert.ok(texts(en[key]).every((t) => /[a-z]/i.test(t) && !/[가-힣]/.test(t)), `en ${key}`);
  }
});

/** The string literals of a source, without comments and without JSDoc. */
function literals(source) {
  const all = [];
  const pattern = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`|\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;
  for (const m of source.matchAll(pattern)) {
    const text = m[1] ?? m[2] ?? m[3];
    if (text === undefined) continue;
    all.push(text, ...[...text.matchAll(/\$\{([^}]*)\}/g)].flatMap((hole) => literals(hole[1])));
  }
  return all;
}

test('no sentence stands in the code', () => {
  const technical = [
    /^[#.[]?[\w-]+(\[[^\]]*\])?([ :>.#,[(][^A-Z]*)?$/, // selectors, class names, ids, keys
    /^\(\w[\w-]*: \w+\)$/, // media queries
    /^[A-Z][\w-]*$/, // names of keys, headers and types
    /^(no sentence|nothing matches|Bearer|\(prefers)/, // headers, media, and what only a developer sees
    /^\/api\//, /^\.{1,2}\//,
  ];
  for (const name of sources) {
    for (const text of literals(read(name))) {
      const plain = text.replace(/\$\{[^}]*\}/g, '').trim();
      assert.ok(!/[가-힣]/.test(plain), `${name}: ${text}`);
      const sentence = /[A-Za-z]{2,} [A-Za-z]{2,}|^[A-Z][a-z]+$/.test(plain);
      assert.ok(!sentence || technical.some((t) => t.test(plain)), `${name}: ${text}`);
    }
  }
});

test('the page itself holds no text and no name, only keys', () => {
  const html = read('index.html').replace(/<!--[\s\S]*?-->/g, '').replace(/<title>natter<\/title>/, '');
  assert.equal(html.replace(/<[^>]*>/g, '').trim(), '');
  assert.doesNotMatch(html, /\s(aria-label|title|placeholder|alt|value)="(?!signup"|login")/);
});

test('every key that is used exists, and every sentence is used', () => {
  const html = read('index.html');
  const asked = [...html.matchAll(/data-t(?:-label|-placeholder)?="([^"]+)"/g)].map((m) => m[1]);
  for (const key of asked) assert.ok(key in en, key);
  const code = sources.flatMap((name) => literals(read(name)));
  const prefixes = code.flatMap((text) => [...text.matchAll(/^([\w.]+\.)\$\{/g)].map((m) => m[1]));
  const used = new Set([...asked, ...code]);
  for (const key of Object.keys(en)) {
    const suffixed = key.replace(/\.room$/, '');
    assert.ok(used.has(key) || used.has(suffixed) || prefixes.some((p) => key.startsWith(p)), `nobody says ${key}`);
  }
});

test('what a visit says is there at once: only what is loaded later says the rest', () => {
  assert.deepEqual([Object.keys(visitKo), Object.keys(moreKo)], [Object.keys(visitEn), Object.keys(moreEn)]);
  assert.deepEqual(Object.keys(visitEn).filter((key) => key in moreEn), []);
  const html = read('index.html');
  const atOnce = [...html.matchAll(/modulepreload" href="([^"]+)"/g)].map((m) => m[1]).filter((name) => name !== 'views/panels.js');
  const visit = html.slice(0, html.indexOf('id="t-bell"')).replace(/<template id="t-(public|other)">.*/g, '');
  const asked = [...visit.matchAll(/data-t(?:-label|-placeholder)?="([^"]+)"/g)].map((m) => m[1]);
  for (const key of [...asked, ...atOnce.flatMap((name) => literals(read(name)))]) assert.ok(!(key in moreEn), `a visit says ${key}`);
});

test('every error code of natter has a sentence', () => {
  const go = fs.readFileSync(path.join(repository, 'chat', 'errors.go'), 'utf8');
  const codes = [...go.matchAll(/Code = "(\w+)"/g)].map((m) => m[1]);
  assert.ok(codes.length > 15);
  for (const code of codes) assert.ok(`error.${code}` in en, code);
});

test('numbers choose their form, and values are filled in', async () => {
  const tongue = await learn('en');
  assert.equal(tongue.say('log.end.count', { n: 1 }), 'Go to 1 new message');
  assert.equal(tongue.say('log.end.count', { n: 2 }), 'Go to 2 new messages');
  assert.equal((await learnAll('ko')).say('people', { n: 1 }), '1명');
  assert.equal(tongue.sorry('some_new_code'), en['error.internal']);
  assert.throws(() => tongue.say('no.such.key'));
});

test('the browser\'s wishes choose the language', () => {
  assert.equal(spoken(['fr', 'ko-KR', 'en']), 'ko');
  assert.equal(spoken(['de-DE']), 'en');
  assert.equal(spoken([]), 'en');
});

test('the same emoji have names in both languages', async () => {
  const [english, korean] = [await emojiNames('en'), await emojiNames('ko')];
  assert.deepEqual(Object.keys(korean), Object.keys(english));
  assert.ok(Object.values(korean).every((w) => /[가-힣]/.test(w)) && Object.values(english).every((w) => /^[a-z .]+$/.test(w)));
  assert.ok(Object.keys(english).every((e) => new TextEncoder().encode(e).length <= 32));
});
