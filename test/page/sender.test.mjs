import test from 'node:test';
import assert from 'node:assert/strict';
import { Sender } from '../../web/sender.js';
import { Store } from '../../web/store.js';
import { connected, initial, withOutbox, witnessed } from '../../web/state.js';
import * as outbox from '../../web/state/outbox.js';
import { Failure } from '../../web/client/failure.js';
import { Memory } from '../../web/memory.js';
import { Hand, me, posted, settled } from './world.mjs';

function writing() {
  const hand = new Hand();
  const store = new Store({ ...initial, me, up: true });
  const posts = [];
  new Sender({ store, timers: hand, random: () => 1, post: (e) => new Promise((ack, fail) => posts.push({ key: e.key, ack: (seq) => ack({ seq }), fail: (code, about) => fail(new Failure(code, about)) })) });
  const say = (key, room = 'r') => store.apply(withOutbox, (o) => outbox.queued(o, { key, room, text: key, time: '2026-11-21T10:00:00Z' }));
  const stages = () => store.state.outbox.map((e) => `${e.key} ${e.stage}`);
  return { hand, store, posts, say, stages, keys: () => posts.map((p) => p.key) };
}

test('the next line goes when the one before it is in the log', async () => {
  const t = writing();
  t.say('a'); t.say('b'); t.say('other', 'r2');
  await settled();
  assert.deepEqual(t.keys(), ['a', 'other']);
  t.posts[0].ack(5);
  await settled();
  assert.deepEqual(t.keys(), ['a', 'other', 'b']);
});

test('an unknown outcome is tried again with the same key, and nothing overtakes it', async () => {
  const t = writing();
  t.say('a'); t.say('b');
  await settled();
  t.posts[0].fail('outcome_unknown');
  await settled();
  await t.hand.pass(500);
  assert.deepEqual(t.keys(), ['a', 'a']);
  t.posts[1].ack(5);
  await settled();
  assert.deepEqual(t.keys(), ['a', 'a', 'b']);
});

test('a cut waits for the connection, however long, and then sends the same key', async () => {
  const t = writing();
  t.say('a');
  await settled();
  t.store.apply(connected, false, 0);
  t.posts[0].fail('offline');
  await settled();
  await t.hand.pass(600_000);
  assert.deepEqual(t.keys(), ['a']);
  t.store.apply(connected, true, 0);
  await settled();
  assert.deepEqual(t.keys(), ['a', 'a']);
});

test('an event that comes instead of the ack ends the matter', async () => {
  const t = writing();
  t.say('a');
  await settled();
  t.store.apply(witnessed, 'r', posted(5, me, 'a', { key: 'a' }));
  t.posts[0].fail('offline');
  await settled();
  await t.hand.pass(60_000);
  assert.deepEqual([t.keys(), t.stages()], [['a'], []]);
});

test('what cannot be sent turns red after some tries, and is sent in order when one says so', async () => {
  const t = writing();
  t.say('a'); t.say('b');
  for (let i = 0; i < outbox.triesAtMost; i++) {
    await settled();
    t.posts.at(-1).fail('unavailable');
    await settled();
    await t.hand.pass(30_000);
  }
  assert.deepEqual(t.stages(), ['a failed', 'b failed']);
  t.store.apply(withOutbox, (o) => outbox.retried(o, 'r'));
  await settled();
  t.posts.at(-1).ack(7);
  await settled();
  assert.deepEqual(t.keys().slice(-2), ['a', 'b']);
});

test('in a slow room a line counts the seconds and goes by itself with its key, and what follows waits behind it', async () => {
  const t = writing();
  t.say('a'); t.say('b');
  await settled();
  t.posts[0].fail('slow_mode', { after: 2500 });
  await settled();
  assert.deepEqual(t.store.state.outbox.map((e) => [e.key, e.stage, e.wait]), [['a', 'waiting', 3], ['b', 'waiting', undefined]]);
  await t.hand.pass(2000);
  assert.deepEqual([t.keys(), t.store.state.outbox[0].wait], [['a'], 1]);
  await t.hand.pass(1000);
  assert.deepEqual(t.keys(), ['a', 'a']);
  assert.equal(t.store.state.outbox[0].tries, 1); // waiting was no try
  t.posts[1].ack(5);
  await settled();
  assert.deepEqual(t.keys(), ['a', 'a', 'b']);
});

test('a line that is thrown away while it waits holds nothing up', async () => {
  const t = writing();
  t.say('a'); t.say('b');
  await settled();
  t.posts[0].fail('slow_mode', { after: 60_000 });
  await settled();
  t.store.apply(withOutbox, (o) => outbox.discarded(o, 'a'));
  await t.hand.pass(1000);
  assert.deepEqual(t.keys(), ['a', 'b']);
});

/** A browser's storage, as a plain object with methods that do not show as keys. */
const shelf = () => Object.create({
  getItem(k) { return this[k] ?? null; }, setItem(k, v) { this[k] = v; }, removeItem(k) { delete this[k]; },
});

test('unsent lines survive a reload with their keys and order; what natter has does not come back', () => {
  const memory = new Memory(shelf());
  const a = '019aa000-0000-7000-8000-000000000001';
  const b = '019aa000-0000-7000-8000-000000000002';
  const now = Date.parse('2026-11-21T10:00:05Z');
  const o = [a, b].reduce((all, key) => outbox.queued(all, { key, room: 'r', text: 't', time: '2026-11-21T10:00:00Z' }), []);
  memory.keepOutbox('me', [], o);
  assert.deepEqual(memory.unsent('me', now).map((e) => [e.key, e.stage]), [[a, 'waiting'], [b, 'waiting']]);
  memory.keepOutbox('me', o, outbox.acked(o, a, 5));
  assert.deepEqual(memory.unsent('me', now).map((e) => e.key), [b]);
  assert.deepEqual(memory.unsent('somebody else', now), []);
  assert.deepEqual(memory.unsent('me', now + 3_600_000).map((e) => e.stage), ['failed']); // nobody wants an old line to leave by itself
  memory.forget('me');
  assert.deepEqual(memory.unsent('me', now), []);
});

test('a browser that stores nothing changes nothing else', () => {
  const memory = new Memory(null);
  memory.keepDraft('me', 'r', 'x');
  assert.equal(memory.draft('me', 'r'), '');
});
