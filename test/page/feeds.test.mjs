import test from 'node:test';
import assert from 'node:assert/strict';
import { Feeds } from '../../web/client/feeds.js';

function feeds() {
  const sent = [];
  const out = [];
  const later = [];
  const f = new Feeds({
    send: (op, members) => sent.push({ op, ...members }),
    later: (run) => later.push(run),
    onEvent: (room, seq) => out.push(seq),
    onReset: (room, position) => out.push(`reset ${position}`),
    onMarker: ({ user, seq }) => out.push(`marker ${user} ${seq}`),
    onLeft: (room) => out.push(`left ${room}`),
  });
  const event = (seq, prev) => f.frame({ op: 'event', room: 'r', seq, prev, event: {} });
  const subscribed = () => f.frame({ op: 'subscribed', room: 'r', position: 'aa-10' });
  return { f, sent, out, later, event, subscribed };
}

function following(position = 'aa-10') {
  const t = feeds();
  t.f.follow('r', position);
  t.subscribed();
  return t;
}

test('it subscribes from the position that it has', () => {
  assert.deepEqual(following().sent, [{ op: 'subscribe', rooms: [{ room: 'r', after: 'aa-10' }] }]);
});

test('events come out in order and once', () => {
  const t = following();
  t.event(12, 9);
  t.event(12, 9);
  t.event(11, 9);
  t.event(15, 12);
  assert.deepEqual(t.out, [12, 15]);
});

test('a hole is never jumped: it asks again from what it has', () => {
  const t = following();
  t.event(12, 10);
  t.event(20, 15);
  t.event(21, 20);
  assert.deepEqual(t.out, [12]);
  assert.deepEqual(t.sent.slice(1), [{ op: 'subscribe', rooms: [{ room: 'r', after: 'aa-12' }] }]);
  t.subscribed();
  t.event(15, 12);
  t.event(20, 15);
  t.event(21, 20);
  assert.deepEqual(t.out, [12, 15, 20, 21]);
});

test('a hole that cannot be closed ends in starting over, not in asking for ever', () => {
  const t = following();
  for (let i = 0; i < 10 && !t.out.length; i++) {
    t.event(20, 15);
    t.subscribed();
  }
  assert.deepEqual(t.out, ['reset aa-10']);
});

test('after a reconnect it goes on from where it was', () => {
  const t = following();
  t.event(12, 10);
  t.f.resume();
  assert.deepEqual(t.sent.at(-1), { op: 'subscribe', rooms: [{ room: 'r', after: 'aa-12' }] });
  t.event(12, 10);
  t.event(13, 12);
  assert.deepEqual(t.out, [12, 13]);
});

test('many rooms go in frames of five hundred', () => {
  const t = feeds();
  for (let i = 0; i < 1200; i++) t.f.follow(`r${i}`, 'aa-1');
  t.sent.length = 0;
  t.f.resume();
  assert.deepEqual(t.sent.map((s) => s.rooms.length), [500, 500, 200]);
});

test('a reset starts over from the position that it names', () => {
  const t = following();
  t.f.frame({ op: 'reset', room: 'r', position: 'bb-50', reason: 'incarnation' });
  t.event(51, 50);
  assert.deepEqual(t.out, ['reset bb-50', 51]);
});

test('a room that one is no longer in is left, also when subscribing says so', () => {
  const t = following();
  t.f.frame({ op: 'unsubscribed', room: 'r', reason: 'left' });
  t.f.follow('r', 'aa-1');
  t.f.frame({ op: 'error', room: 'r', code: 'not_found' });
  t.event(12, 10);
  assert.deepEqual(t.out, ['left r', 'left r']);
});

test('a subscription that is refused for now is repeated', () => {
  const t = feeds();
  t.f.follow('r', 'aa-10');
  t.f.frame({ op: 'error', room: 'r', code: 'unavailable' });
  assert.equal(t.sent.length, 1);
  t.later.forEach((run) => run());
  assert.equal(t.sent.length, 2);
});

test('markers are passed on', () => {
  const t = following();
  t.f.frame({ op: 'marker', room: 'r', user: 'me', seq: 11 });
  assert.deepEqual(t.out, ['marker me 11']);
});
