import test from 'node:test';
import assert from 'node:assert/strict';
import { Alerts } from '../../web/alerts.js';
import { learnAll } from '../../web/i18n/index.js';
import { Memory } from '../../web/memory.js';
import { initial, withBell } from '../../web/state.js';
import * as bells from '../../web/state/bell.js';
import { Store } from '../../web/store.js';
import { settled } from './world.mjs';

const en = await learnAll('en');

/** Somebody who looks elsewhere, and whose browser may be asked. */
function person({ permission = 'default', answer = 'granted', hidden = true, old = [] } = {}) {
  const shown = [];
  let asked = 0;
  class Notification {
    static permission = permission;
    static async requestPermission() { asked++; Notification.permission = answer; }
    constructor(title, options) { Object.assign(this, { title, ...options, closed: false }); shown.push(this); }
    close() { this.closed = true; }
  }
  const store = new Store({ ...initial, phase: 'in' });
  const went = [];
  const kept = new Map();
  const storage = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: (k) => kept.delete(k) };
  const alerts = new Alerts({ store, memory: new Memory(storage), tongue: () => en, hidden: () => hidden, go: (hash) => went.push(hash), Notification });
  const ring = async (seq, room, kind = 'mention') => {
    store.apply(withBell, (bell) => bells.rung(bell, { seq, event: { actor: { id: 'b', name: 'bob' }, data: { kind, room, name: 'Tea', seq: seq * 10, excerpt: 'hello' }, time: '' } }));
    await settled();
  };
  store.apply(withBell, (bell) => bells.listed(bell, { items: old, unread: old.length, position: 'x-0' }));
  return { shown, alerts, store, ring, went, asked: () => asked };
}

test('nobody is asked before they say so, and nothing is shown', async () => {
  const p = person();
  await settled();
  await p.ring(1, 'r');
  assert.deepEqual([p.asked(), p.shown.length, p.alerts.state], [0, 0, 'off']);
});

test('who said yes is told while the page is hidden, once for a room', async () => {
  const p = person();
  await settled();
  await p.alerts.turn(true);
  await p.ring(1, 'r');
  await p.ring(2, 'r', 'direct');
  assert.deepEqual([p.alerts.state, p.shown.map((n) => [n.tag, n.body])], ['on', [['r', 'hello'], ['r', 'hello']]]);
  p.store.apply((s) => ({ ...s }));
  await settled();
  assert.equal(p.shown.length, 2);
});

test('who looks at the page is not told by the system', async () => {
  const p = person({ permission: 'granted', hidden: false });
  await settled();
  await p.alerts.turn(true);
  await p.ring(1, 'r');
  assert.equal(p.shown.length, 0);
});

test('what was there before is not told again', async () => {
  const p = person({ permission: 'granted', old: [{ seq: 9, read: false, event: { data: { kind: 'mention', room: 'r', seq: 1 }, time: '' } }] });
  await p.alerts.turn(true);
  await settled();
  await p.ring(10, 'q');
  assert.deepEqual(p.shown.map((n) => n.tag), ['q']);
});

test('what is read anywhere is taken back', async () => {
  const p = person({ permission: 'granted' });
  await settled();
  await p.alerts.turn(true);
  await p.ring(1, 'r');
  await p.ring(2, 'q');
  p.store.apply(withBell, (bell) => bells.read(bell, 2, 'r'));
  await settled();
  assert.deepEqual(p.shown.map((n) => n.closed), [true, false]);
});

test('a click opens the room at the line', async () => {
  const p = person({ permission: 'granted' });
  globalThis.window ??= { focus() {} };
  await settled();
  await p.alerts.turn(true);
  await p.ring(3, 'r');
  p.shown[0].onclick();
  assert.deepEqual([p.went, p.shown[0].closed], [['#/room/r/30'], true]);
});

test('where the browser says no, it says so', async () => {
  const p = person({ answer: 'denied' });
  await p.alerts.turn(true);
  assert.equal(p.alerts.state, 'denied');
});
