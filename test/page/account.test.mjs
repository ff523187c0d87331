import test from 'node:test';
import assert from 'node:assert/strict';
import { Entrance } from '../../web/client/session.js';
import { learnAll } from '../../web/i18n/index.js';
import { arrival } from '../../web/views/entrance.js';
import { digits, proof } from '../../web/views/form.js';
import { called, devices, folk, happenings, programs } from '../../web/views/lists.js';
import { left, entered, initial } from '../../web/state.js';
import { me } from './world.mjs';

const en = await learnAll('en');
const ko = await learnAll('ko');
const now = new Date().toISOString();

test('a code is its eight digits, however it was pasted', () => {
  assert.equal(digits('1234 5678'), '12345678');
  assert.equal(digits('Your code: 1234-5678.'), '12345678');
  assert.equal(digits('１２３４５６７８'), '12345678');
  assert.equal(digits('123456789'), '12345678');
});

test('an address brings an invitation or an error along, and a room is neither', () => {
  assert.deepEqual(arrival('#invitation=ab-c_1'), { invitation: 'ab-c_1', error: '', join: '' });
  assert.deepEqual(arrival('#error=conflict'), { invitation: '', error: 'conflict', join: '' });
  assert.deepEqual(arrival('#/room/0190a-1'), { invitation: '', error: '', join: '' });
  assert.equal(arrival('#/join/ab-C_1').join, 'ab-C_1');
  assert.equal(arrival('#/join/a b').join, '');
});

test('a proof says until when, on this machine\'s clock', () => {
  assert.deepEqual(proof({ flow: 'f', expires_in: 600, resend_in: 30 }, 'a@b.org', 1000), { id: 'f', email: 'a@b.org', until: 601_000, again: 31_000 });
});

test('only what is needed is sent to prove an address', async () => {
  const sent = [];
  const entrance = new Entrance({ enter: async (path, body) => sent.push([path, body]) }, async () => ({}));
  await entrance.verify('f', '12345678');
  await entrance.verify('f', '12345678', 'other');
  assert.deepEqual(sent, [['/api/signup/verify', { flow: 'f', code: '12345678' }], ['/api/signup/verify', { flow: 'f', code: '12345678', name: 'other' }]]);
  assert.deepEqual(await entrance.about(), { oidc: [] });
});

test('a device is called by its name in both languages', () => {
  assert.equal(called('Firefox on Linux', en), 'Firefox on Linux');
  assert.equal(called('Firefox on Linux', ko), 'Linux의 Firefox');
  assert.equal(called('curl/8.5.0', ko), 'curl/8.5.0');
  assert.match(called('', en), /unknown/i);
});

test('one cannot log this device out in the list, and can the others', () => {
  const row = (current) => devices({}).thing({ id: 's', device: 'Firefox on Linux', address: '192.0.2.1', created: now, seen: now, current }, en);
  assert.equal(row(true).acts.length, 0);
  assert.equal(row(true).mark, 'This device');
  assert.equal(row(false).acts[0].label, 'Log out Firefox on Linux');
});

test('a moderator may shut out members only, an owner all but themselves', () => {
  const may = (role, person) => folk({}, { id: 'me', role }).thing({ id: 'p', name: 'Bo', disabled: false, ...person }, en);
  assert.equal(may('moderator', { role: 'member' }).acts.length, 1);
  assert.equal(may('moderator', { role: 'moderator' }).acts.length, 0);
  assert.equal(may('moderator', { role: 'member' }).choice, undefined);
  assert.equal(may('owner', { role: 'owner' }).choice.value, 'owner');
  assert.equal(may('owner', { id: 'me', role: 'owner' }).acts.length, 0);
  assert.equal(may('owner', { id: 'me', role: 'owner' }).choice, undefined);
});

test('what happened is a sentence, with who did it if it was somebody else', () => {
  const row = (kind, about) => happenings({}, false).thing({ seq: 1, event: { scope: 'me', actor: me, time: now, data: { kind, ...about.data }, ...about } }, en);
  assert.equal(row('login', {}).title, 'Logged in');
  assert.equal(row('login', {}).lines[0], '');
  assert.equal(row('disabled', { actor: { id: 'x', name: 'Zoe' } }).lines[1], 'By Zoe');
  assert.equal(row('session_ended', { data: { kind: 'session_ended', detail: 'ended' } }).lines[2], 'From another device');
  assert.equal(row('role_changed', { data: { kind: 'role_changed', detail: 'owner' } }).lines[2], 'Owner');
  assert.equal(row('token_made', { data: { kind: 'token_made', detail: 'ended' } }).lines[2], 'ended');
  assert.equal(row('login_failed', { actor: undefined, data: { kind: 'login_failed', detail: '12' } }).lines[2], '12 times');
  assert.equal(row('something_new', {}).title, 'Something else happened');
});

test('in everybody\'s log it says whose account it is', async () => {
  const api = { people: async () => ({ items: [{ id: 'p', name: 'Bo' }] }), audit: async () => ({ items: [], next: 0 }) };
  const kind = happenings(api, true);
  await kind.load('', undefined);
  const row = kind.thing({ seq: 1, event: { scope: 'p', actor: me, time: now, data: { kind: 'disabled' } } }, en);
  assert.deepEqual(row.lines.slice(0, 2), ['Bo', 'By ada']);
});

test('a token\'s row says what it may do and when it was last used', () => {
  const row = programs({}, () => {}).thing({ id: 't', name: 'Backup', scopes: ['read', 'admin'], created: now, used: now }, en);
  assert.deepEqual(row.lines.slice(0, 2), ['read messages · do what your role allows', 'Last used just now']);
  assert.match(row.lines[2], /^Made /);
});

test('how long ago something was is said in words', () => {
  const at = (minutes) => en.ago(-minutes * 60_000, 0);
  assert.deepEqual([0, 4, 12, 180, 60 * 24, 60 * 24 * 9].map(at), ['just now', 'just now', '12 minutes ago', '3 hours ago', 'yesterday', '9 days ago']);
});

test('who is thrown out keeps nothing on the screen, and why is remembered', () => {
  const was = { ...entered(initial, me, false, [{ key: 'k' }]), account: { role: 'owner' } };
  const now = left(was, 'password');
  assert.deepEqual([now.phase, now.farewell, now.outbox, now.account, now.me], ['out', 'password', [], null, null]);
});
