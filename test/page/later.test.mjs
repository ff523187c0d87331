import test from 'node:test';
import assert from 'node:assert/strict';
import { Later } from '../../web/views/later.js';

/** A loader whose banner writes down what it says. */
function loader(answers = true) {
  const said = [];
  let run;
  const banner = { say: (_, key, action, act) => { said.push(key); run = act; }, close: () => said.push('closed') };
  let reloads = 0;
  const later = new Later({ banner, tongue: () => null, answers: async () => answers, reload: () => { reloads++; } });
  return { later, said, again: () => run(), reloads: () => reloads };
}

test('a part that comes is used, and nothing is said', async () => {
  const l = loader();
  const got = [];
  await l.later.load(async () => 'part', (part) => got.push(part));
  assert.deepEqual([got, l.said], [['part'], ['closed']]);
});

test('a part that does not come says so, and comes when it is asked for again', async () => {
  const l = loader();
  const got = [];
  let tries = 0;
  await l.later.load(async () => { if (++tries === 1) throw new Error('offline'); return 'part'; }, (part) => got.push(part));
  assert.deepEqual([got, l.said.at(-1)], [[], 'part.failed']);
  await l.again();
  assert.deepEqual([got, l.said.at(-1)], [['part'], 'closed']);
});

test('where natter answers and a part still does not come, the page is loaded anew', async () => {
  const l = loader();
  await l.later.load(async () => { throw new Error('gone'); }, () => {});
  assert.equal(l.reloads(), 0);
  await l.again();
  assert.equal(l.reloads(), 1);
});

test('where natter does not answer, the page stays', async () => {
  const l = loader(false);
  await l.later.load(async () => { throw new Error('offline'); }, () => {});
  await l.again();
  assert.deepEqual([l.reloads(), l.said.at(-1)], [0, 'part.failed']);
});

test('of two parts that were asked for, the later one opens', async () => {
  const l = loader();
  const got = [];
  let come;
  const slow = l.later.load(() => new Promise((done) => { come = done; }), (part) => got.push(part));
  await l.later.load(async () => 'second', (part) => got.push(part));
  come('first');
  await slow;
  assert.deepEqual(got, ['second']);
});
