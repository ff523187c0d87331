import test from 'node:test';
import assert from 'node:assert/strict';
import { Actions } from '../../web/actions.js';
import { Store } from '../../web/store.js';
import { initial, witnessed } from '../../web/state.js';
import { begun } from '../../web/state/tally.js';
import { bob, me, posted, settled } from './world.mjs';

/** A room that is being opened, of which the page of messages comes when the test says so. */
function opening() {
  const page = {};
  page.promise = new Promise((resolve) => { page.resolve = resolve; });
  const asked = [];
  const answers = [];
  const api = {
    messages: () => page.promise,
    readers: () => Promise.resolve({ markers: [] }),
    message: (room, seq) => { asked.push(seq); return answers.shift()?.() ?? Promise.resolve({ quote: { seq: 1, user: bob, excerpt: 'what it was about' } }); },
  };
  const room = { id: 'r', kind: 'public', name: 'Tea', members: 2, seq: 0, last: null, tally: begun(0, { since: 0, at: 0, unread: 0, mentioned: [] }) };
  const store = new Store({ ...initial, phase: 'in', me, up: true, rooms: new Map([['r', room]]) });
  const actions = new Actions({ store, api, feeds: { rooms: new Map() }, go: () => {} });
  const replies = (seq) => store.apply(witnessed, 'r', posted(seq, bob, 'an answer', { reply: { seq: 1, user: bob } }));
  const quoted = () => store.state.lines.items.map((i) => i.quote?.excerpt);
  return { actions, page, asked, answers, replies, quoted };
}

test('a reply that comes while the room is being opened gets its quote, too', async () => {
  const { actions, page, asked, replies, quoted } = opening();
  actions.open('r');
  replies(9);
  actions.quotes('r');
  page.resolve({ items: [posted(8, bob, 'other')], position: 'x-8' });
  await settled();
  assert.deepEqual([asked, quoted()], [[9], [undefined, 'what it was about']]);
});

test('a quote that did not come is asked for again with the next reply', async () => {
  const { actions, page, asked, answers, replies, quoted } = opening();
  actions.open('r');
  page.resolve({ items: [], position: 'x-8' });
  await settled();
  answers.push(() => Promise.reject(new Error('unreachable')));
  replies(9);
  actions.quotes('r');
  await settled();
  assert.deepEqual(quoted(), ['']);
  replies(10);
  actions.quotes('r');
  await settled();
  assert.deepEqual([asked, quoted()], [[9, 9, 10], ['what it was about', 'what it was about']]);
});

test('a quote that we may not see is asked for once', async () => {
  const { actions, page, asked, answers, replies } = opening();
  actions.open('r');
  page.resolve({ items: [], position: 'x-8' });
  await settled();
  answers.push(() => Promise.resolve({ quote: { seq: 1, user: bob, excerpt: '' } }));
  replies(9);
  actions.quotes('r');
  await settled();
  replies(10);
  actions.quotes('r');
  await settled();
  assert.deepEqual(asked, [9, 10]);
});
