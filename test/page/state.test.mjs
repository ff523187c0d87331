import test from 'node:test';
import assert from 'node:assert/strict';
import * as state from '../../web/state.js';
import * as rooms from '../../web/state/rooms.js';
import * as outbox from '../../web/state/outbox.js';
import * as bell from '../../web/state/bell.js';
import { bob, many, me, myRoom, posted } from './world.mjs';

const known = (about) => state.listed({ ...state.initial, me }, { rooms: [myRoom(about)], position: 'aa-10' });
const room = (s) => s.rooms.get('r');
const mention = { mentions: [me] };

test('unread lines are counted by natter up to its position and by us after it', () => {
  let s = known({ unread: 3, mentions: 1, mentioned: [7], read: 4 });
  s = state.witnessed(s, 'r', posted(9, bob, 'counted already'));
  s = state.witnessed(s, 'r', posted(12, bob, 'new', mention));
  s = state.witnessed(s, 'r', posted(13, me, 'mine'));
  assert.equal(rooms.unread(room(s)), 4);
  assert.equal(rooms.mentioned(room(s)), 2);
});

test('a marker takes away what it covers and only grows', () => {
  let s = known({ unread: 3, read: 4, last: posted(10, bob, 'x') });
  for (const seq of [12, 13, 14]) s = state.witnessed(s, 'r', posted(seq, bob, 'x'));
  s = state.readUpTo(s, 'r', 13);
  assert.equal(rooms.unread(room(s)), 1);
  s = state.readUpTo(s, 'r', 2);
  assert.equal(room(s).read, 13);
});

test('a new list neither doubles nor forgets what came since', () => {
  let s = known({ unread: 1, read: 4 });
  s = state.witnessed(s, 'r', posted(12, bob, 'x'));
  s = state.witnessed(s, 'r', posted(15, bob, 'y'));
  s = state.listed(s, { rooms: [myRoom({ unread: 2, read: 4, last: posted(12, bob, 'x') })], position: 'aa-13' });
  assert.equal(rooms.unread(room(s)), 3);
  assert.equal(room(s).last.event.data.text, 'y');
});

test('rooms with the latest activity come first, and are found by any part of their name', () => {
  const list = [myRoom({ id: 'a', name: 'Alpha' }), myRoom({ id: 'b', name: 'Alphabet', last: posted(5, bob, 'x') }), myRoom({ id: 'c', kind: 'direct', name: '', peer: bob })];
  const s = state.listed({ ...state.initial, me }, { rooms: list, position: 'aa-10' });
  const sorted = rooms.sorted(s.rooms);
  assert.equal(sorted[0].id, 'b');
  assert.deepEqual(rooms.found(sorted, 'BET').map((r) => r.id), ['b']);
  assert.deepEqual(rooms.found(sorted, '@bo').map((r) => r.id), ['c']);
});

test('leaving a room takes everything of it away', () => {
  const s = state.departed(state.opened(known(), 'r'), 'r');
  assert.equal(s.rooms.size, 0);
  assert.equal(s.lines, null);
});

const line = (key) => ({ key, room: 'r', text: key, time: '2026-11-21T10:00:00Z' });
const written = (...keys) => keys.reduce((o, key) => outbox.queued(o, line(key)), []);

test('lines of a room go one at a time, in the order written', () => {
  let o = written('a', 'b');
  assert.equal(outbox.next(o, 'r').key, 'a');
  o = outbox.sending(o, 'a');
  assert.equal(outbox.next(o, 'r'), undefined);
  o = outbox.acked(o, 'a', 5);
  assert.equal(outbox.next(o, 'r').key, 'b');
});

test('a line is shown once, whether its ack or its event comes first', () => {
  const event = [posted(5, me, 'a', { key: 'a' })];
  assert.deepEqual(outbox.arrived(outbox.acked(written('a'), 'a', 5), 'r', event, 'me'), []);
  const early = outbox.arrived(outbox.sending(written('a'), 'a'), 'r', event, 'me');
  assert.deepEqual(early, []);
  assert.deepEqual(outbox.acked(early, 'a', 5), []);
});

test('somebody else\'s equal key takes nothing away', () => {
  assert.equal(outbox.arrived(written('a'), 'r', [posted(5, bob, 'x', { key: 'a' })], 'me').length, 1);
});

test('an acked line goes even if its event was read in a page that let it go', () => {
  assert.deepEqual(outbox.arrived(outbox.acked(written('a'), 'a', 5), 'r', [posted(9, bob, 'later')], 'me'), []);
});

test('a cut is no failed try, and the key stays', () => {
  const o = outbox.interrupted(outbox.sending(written('a'), 'a'), 'a');
  assert.deepEqual([o[0].stage, o[0].tries, o[0].key], ['waiting', 0, 'a']);
});

test('after enough tries all of the room\'s lines turn red together, so that their order is kept', () => {
  let o = written('a', 'b');
  for (let i = 0; i < outbox.triesAtMost; i++) o = outbox.delayed(outbox.sending(o, 'a'), 'a', 'unavailable');
  assert.deepEqual(o.map((e) => e.stage), ['failed', 'failed']);
  assert.equal(outbox.next(o, 'r'), undefined);
  o = outbox.retried(o, 'r');
  assert.deepEqual([outbox.next(o, 'r').key, o[0].tries], ['a', 0]);
});

test('a refused line does not hold up the next', () => {
  const o = outbox.refused(outbox.sending(written('a', 'b'), 'a'), 'a', 'bad_text');
  assert.equal(outbox.next(o, 'r').key, 'b');
  assert.deepEqual(outbox.discarded(o, 'a').map((e) => e.key), ['b']);
});

const note = (seq, data = {}) => ({ seq, read: false, event: { type: 'notification.created', actor: bob, time: '2026-11-21T10:00:00Z', data: { kind: 'mention', room: 'r', seq, ...data } } });

test('the bell counts what comes once, and keeps what came while the list was read', () => {
  let b = bell.rung(bell.rung(bell.silent, note(8)), note(8));
  assert.equal(b.unread, 1);
  b = bell.listed(b, { items: [note(7), note(6)], unread: 2, position: 'nn-7' });
  assert.deepEqual([b.items.map((i) => i.seq), b.unread], [[8, 7, 6], 3]);
  b = bell.listed(b, { items: [note(8), note(7)], unread: 2, position: 'nn-8' });
  assert.deepEqual([b.items.map((i) => i.seq), b.unread], [[8, 7], 2]);
});

test('notifications that another device read are read here', () => {
  let b = bell.listed(bell.silent, { items: [note(8), note(7, { room: 'other' }), note(6)], unread: 3, position: 'nn-8' });
  b = bell.read(b, 6, 'r');
  assert.equal(b.unread, 2);
  b = bell.read(b, 8);
  assert.equal(b.unread, 0);
  assert.ok(b.items.every((i) => i.read));
});

test('reading a room settles its notifications, but not its invitations', () => {
  const b = bell.listed(bell.silent, { items: [note(9, { kind: 'invitation', seq: 1 }), note(8, { seq: 50 }), note(7, { seq: 20 })], unread: 3, position: 'nn-9' });
  assert.equal(bell.settledBy(bell.rung(b, { seq: 10, event: { data: { kind: 'security', source: 's', seq: 0 } } }), 'r', 30), 7);
  assert.equal(bell.settledBy(b, 'r', 30), 7);
  assert.equal(bell.settledBy(b, 'r', 10), 0);
});

test('logging out forgets everything but the language', () => {
  const s = state.left({ ...known(), phase: 'in', outbox: written('a') }, 'ended');
  assert.deepEqual([s.rooms.size, s.outbox.length, s.me, s.farewell], [0, 0, null, 'ended']);
});

test('members come and go as the room says', () => {
  let s = state.withMembers(known(), 'r', () => ({ items: [{ ...me, joined: '', read: 0 }], next: '', loading: false, failed: '' }));
  s = state.witnessed(s, 'r', { seq: 11, event: { type: 'member.joined', actor: me, time: '', data: { rev: 1, user: me } } });
  s = state.witnessed(s, 'r', { seq: 11, event: { type: 'member.joined', actor: bob, time: '', data: { rev: 2, user: bob } } });
  assert.deepEqual(s.members.get('r').items.map((m) => m.name), ['ada', 'bob']);
  assert.equal(room(s).members, 3);
  s = state.witnessed(s, 'r', { seq: 12, event: { type: 'member.left', actor: bob, time: '', data: { rev: 3, user: bob } } });
  assert.deepEqual([s.members.get('r').items.length, room(s).members], [1, 2]);
});

test('no transition touches the state that it was given', () => {
  const before = state.opened(known({ unread: 1 }), 'r');
  const frozen = JSON.stringify([...before.rooms]);
  state.witnessed(before, 'r', many(11, 11)[0]);
  state.readUpTo(before, 'r', 20);
  assert.equal(JSON.stringify([...before.rooms]), frozen);
});
