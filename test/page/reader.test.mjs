import test from 'node:test';
import assert from 'node:assert/strict';
import { begun } from '../../web/state/tally.js';
import { Failure } from '../../web/client/failure.js';
import { Reader } from '../../web/reader.js';
import { initial } from '../../web/state.js';
import { Store } from '../../web/store.js';
import { Hand, settled } from './world.mjs';

const room = { id: 'r', kind: 'public', name: 'r', members: 1, created: '2026-01-01T00:00:00Z', read: 3, life: 'aa', upTo: 5, tally: begun(3, { since: 0, at: 5, unread: 2, mentioned: [] }) };
const items = [4, 5].map((seq) => ({ seq, event: { type: 'message.posted', data: {}, time: '2026-01-01T00:00:00Z' } }));
const lines = { room: 'r', items, live: true, held: [], mark: 3, at: 'x-5', loading: '', failed: null, target: 0, visit: {} };

/** A person who looks at a room; `answer` is what natter says to a marker. */
async function person(answer) {
  const hand = new Hand();
  const told = [];
  const store = new Store({ ...initial, phase: 'in', up: true, rooms: new Map([['r', room]]), lines, follows: true });
  const reader = new Reader({
    store, visible: () => true, timers: hand, random: () => 0.5, notificationsRead: () => {}, rooms: () => told.push('list'),
    read: async (id, seq) => { told.push([id, seq]); return answer(told.length); },
  });
  reader.look();
  await settled();
  return { hand, told, store, reader };
}

test('what is on the screen is read, and told once', async () => {
  const p = await person(() => {});
  assert.equal(p.store.state.rooms.get('r').read, 5);
  await p.hand.pass(60_000);
  assert.deepEqual(p.told, [['r', 5]]);
});

test('a marker that got lost is told again until natter has it', async () => {
  const p = await person((n) => { if (n < 4) throw new Failure('outcome_unknown'); });
  await p.hand.pass(60_000);
  assert.equal(p.told.length, 4);
});

test('a marker that natter refuses is not told again', async () => {
  const p = await person(() => { throw new Failure('not_found'); });
  await p.hand.pass(60_000);
  assert.equal(p.told.length, 1);
});

test('while there is no connection nothing is told, and afterwards it is', async () => {
  let up = false;
  const p = await person(() => { if (!up) throw new Failure('offline'); });
  p.store.apply((s) => ({ ...s, up: false }));
  await p.hand.pass(60_000);
  const before = p.told.length;
  assert.ok(before <= 1);
  up = true;
  p.store.apply((s) => ({ ...s, up: true }));
  await settled();
  await p.hand.pass(1000);
  assert.deepEqual(p.told.slice(before), [['r', 5]]);
  assert.equal(p.hand.all.size, 0);
});

test('what one person has read is not told for the next', async () => {
  const p = await person(() => { throw new Failure('offline'); });
  p.store.apply((s) => ({ ...initial, phase: 'out' }));
  await p.hand.pass(60_000);
  const before = p.told.length;
  p.store.apply((s) => ({ ...s, phase: 'in', up: true }));
  await settled();
  await p.hand.pass(60_000);
  assert.equal(p.told.length, before);
});

test('counts that nobody can tell are asked for, and not without end at once', async () => {
  const p = await person(() => {});
  await p.hand.pass(1000);
  p.told.length = 0;
  p.store.apply((s) => ({ ...s, rooms: new Map([['other', { ...room, id: 'other', tally: { ...room.tally, ask: true } }]]) }));
  await settled();
  await p.hand.pass(500);
  assert.deepEqual(p.told, ['list']);
  for (let i = 0; i < 60; i++) { // a list that does not help
    p.store.apply((s) => ({ ...s, rooms: new Map(s.rooms) }));
    await p.hand.pass(1000);
  }
  assert.ok(p.told.length > 2 && p.told.length < 15, `${p.told.length} lists in a minute`);
});
