import test from 'node:test';
import assert from 'node:assert/strict';
import * as state from '../../web/state.js';
import { possible } from '../../web/state/messages.js';
import { rows } from '../../web/state/rows.js';
import { hushed, tendable } from '../../web/state/standing.js';
import { bob, me, myRoom, posted } from './world.mjs';

const known = (about = {}, account = null) => state.listed({ ...state.initial, me, account }, { rooms: [myRoom({ role: 'member', ...about })], position: 'aa-10' });
const room = (s) => s.rooms.get('r');
const happened = (seq, type, data, actor = bob) => ({ seq, event: { type, id: `e${seq}`, scope: 'r', actor, v: 1, time: '2026-11-21T10:00:00Z', data: { rev: seq, ...data } } });
const now = Date.parse('2026-11-21T12:00:00Z');

test('a room is what the last change of it says, all of it', () => {
  let s = known({ topic: 'tea', slow: 5 });
  s = state.witnessed(s, 'r', happened(12, 'room.changed', { kind: 'announcement', name: 'News', archived: true }));
  const { kind, name, topic, slow, archived, role } = room(s);
  assert.deepEqual([kind, name, topic, slow, archived, role], ['announcement', 'News', undefined, undefined, true, 'member']);
});

test('what the list has already is not taken again', () => {
  const s = state.witnessed(known({ name: 'New' }), 'r', happened(9, 'room.changed', { kind: 'public', name: 'Old' }));
  assert.equal(room(s).name, 'New');
});

test('my role and my silence follow what is said about me, and nobody else\'s do', () => {
  let s = state.witnessed(known(), 'r', happened(12, 'member.changed', { user: me, role: 'moderator', was: 'member' }));
  assert.equal(room(s).role, 'moderator');
  s = state.witnessed(s, 'r', happened(13, 'member.changed', { user: me, role: 'member', was: 'moderator', muted: '2026-11-21T13:00:00Z' }));
  assert.deepEqual([room(s).role, hushed(room(s), now)], ['member', 'muted']);
  s = state.witnessed(s, 'r', happened(14, 'member.changed', { user: bob, role: 'owner', was: 'member' }));
  assert.equal(room(s).role, 'member');
});

test('whoever looks after all of natter stays a moderator where everybody may come in', () => {
  const data = { user: me, role: 'member', was: 'moderator' };
  assert.equal(room(state.witnessed(known({}, { role: 'owner' }), 'r', happened(12, 'member.changed', data))).role, 'moderator');
  assert.equal(room(state.witnessed(known({ kind: 'private' }, { role: 'owner' }), 'r', happened(12, 'member.changed', data))).role, 'member');
});

test('why one cannot write is known before one tries', () => {
  const muted = '2026-11-21T12:00:01Z';
  assert.equal(hushed(myRoom({ muted }), now), 'muted');
  assert.equal(hushed(myRoom({ muted }), now + 1000), '');
  assert.equal(hushed(myRoom({ kind: 'announcement', role: 'member' }), now), 'read_only');
  assert.equal(hushed(myRoom({ kind: 'announcement', role: 'moderator' }), now), '');
  assert.equal(hushed(myRoom({ archived: true, role: 'owner' }), now), 'archived');
});

test('a menu offers what natter would take', () => {
  const [row] = rows({ ...state.opened(known(), 'r').lines, items: [posted(5, me, 'x')] }, [], me).filter((r) => r.kind === 'line');
  assert.deepEqual(possible(row, myRoom({ archived: true, role: 'owner' }), now), ['copy']);
  assert.deepEqual(possible(row, myRoom({ muted: '2026-11-21T13:00:00Z' }), now), ['copy', 'delete']);
  assert.deepEqual(possible({ ...row, own: false }, myRoom({ role: 'moderator' }), now), ['reply', 'copy', 'pin', 'delete']);
});

test('moderators decide about members, the owner about everybody, nobody in a direct room', () => {
  const member = { ...bob, role: 'member' };
  const moderator = { ...bob, role: 'moderator' };
  assert.deepEqual(['owner', 'moderator', 'member'].map((role) => tendable(myRoom({ role }), member)), [true, true, false]);
  assert.deepEqual(['owner', 'moderator'].map((role) => tendable(myRoom({ role }), moderator)), [true, false]);
  assert.equal(tendable(myRoom({ kind: 'direct', role: 'owner' }), member), false);
});

test('being put out is remembered with its reason, until one is in again', () => {
  let s = state.witnessed(known(), 'r', happened(12, 'member.left', { user: me, how: 'banned', reason: 'spam' }));
  s = state.departed(s, 'r');
  assert.deepEqual([s.shownOut.how, s.shownOut.reason, s.shownOut.name], ['banned', 'spam', 'Lobby']);
  assert.equal(state.listed(s, { rooms: [myRoom()], position: 'aa-20' }).shownOut, null);
  assert.equal(state.witnessed(known(), 'r', happened(12, 'member.left', { user: me }, me)).shownOut, null);
});

test('the list of people shows roles and silence as they change, and lists nobody twice', () => {
  const items = [{ ...bob, joined: '', read: 3, role: 'member' }];
  let s = state.withMembers(known(), 'r', () => ({ items, next: '', loading: false, failed: '' }));
  s = state.witnessed(s, 'r', happened(12, 'member.changed', { user: bob, role: 'moderator', was: 'member', muted: '2026-11-21T13:00:00Z' }, me));
  assert.deepEqual(s.members.get('r').items, [{ ...bob, joined: '', read: 3, role: 'moderator', muted: '2026-11-21T13:00:00Z' }]);
  s = state.witnessed(s, 'r', happened(13, 'member.changed', { user: { id: 'x', name: 'x' }, role: 'moderator' }, me));
  assert.equal(s.members.get('r').items.length, 1);
});

test('a change of a room is one line that says what changed, where that is known', () => {
  const lines = (...items) => ({ ...state.opened(known(), 'r').lines, items });
  const made = happened(1, 'room.created', { kind: 'public', name: 'A' });
  const changes = [
    happened(2, 'room.changed', { kind: 'public', name: 'B' }), happened(3, 'room.changed', { kind: 'public', name: 'B', topic: 't' }),
    happened(4, 'room.changed', { kind: 'public', name: 'B', topic: 't', archived: true }), happened(5, 'room.changed', { kind: 'public', name: 'B', topic: 't' }),
    happened(6, 'room.changed', { kind: 'public', name: 'C', slow: 5 }),
  ];
  const said = (...items) => rows(lines(...items), [], me).filter((r) => r.kind === 'happening' && r.event.type === 'room.changed').map((r) => r.what);
  assert.deepEqual(said(made, ...changes), ['name', 'topic', 'archived', 'opened', '']);
  assert.deepEqual(said(changes[1]), ['']);
});
