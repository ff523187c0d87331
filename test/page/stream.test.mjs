import test from 'node:test';
import assert from 'node:assert/strict';
import { parser, Stream } from '../../web/client/stream.js';
import { Hand, settled } from './world.mjs';

function heard(...pieces) {
  const all = [];
  const feed = parser((m) => all.push(m));
  pieces.forEach(feed);
  return all;
}

test('events come out with their id, name and data', () => {
  assert.deepEqual(heard('id: a-1\nevent: notification\ndata: {"x":1}\n\n'), [{ id: 'a-1', event: 'notification', data: '{"x":1}' }]);
});

test('cuts may fall anywhere', () => {
  const text = ': hello\r\n\r\nid: a-1\r\nevent: read\r\ndata: one\r\n\r\nid: a-2\r\ndata: two\r\n\r\n';
  const whole = heard(text);
  assert.deepEqual(whole.map((m) => `${m.id} ${m.event} ${m.data}`), ['a-1 read one', 'a-2 message two']);
  assert.deepEqual(heard(...text), whole);
});

test('comments keep awake and say nothing', () => {
  assert.deepEqual(heard(': .\n\n: .\n\n'), []);
});

/** A stream whose answers the test gives. */
function stream() {
  const hand = new Hand();
  const asked = [];
  const got = [];
  const s = new Stream({
    url: '/stream', timers: hand, random: () => 1,
    token: async (fresh) => (fresh ? 'fresh' : 'token'),
    fetch: (url, options) => new Promise((answer, fail) => {
      options.signal.addEventListener('abort', () => fail(new Error('aborted')));
      asked.push({ ...options.headers, refuse: (status) => answer({ ok: false, status }), answer: (text) => answer(reply(text, options.signal)) });
    }),
    onMessage: (m) => got.push(m.data),
  });
  return { hand, asked, got, s };
}

/** An answer that says text and then ends, or never does if text ends in "…". */
function reply(text, signal) {
  const open = text.endsWith('…');
  const pieces = [new TextEncoder().encode(open ? text.slice(0, -1) : text)];
  const read = () => (pieces.length ? Promise.resolve({ done: false, value: pieces.shift() })
    : open ? new Promise((_, fail) => signal.addEventListener('abort', () => fail(new Error('aborted')))) : Promise.resolve({ done: true }));
  return { ok: true, status: 200, body: { getReader: () => ({ read }) } };
}

test('it comes back with the id of the last event', async () => {
  const t = stream();
  t.s.start('a-5');
  await settled();
  assert.equal(t.asked[0]['Last-Event-ID'], 'a-5');
  t.asked[0].answer('id: a-7\ndata: one\n\n');
  await settled();
  await t.hand.pass(500);
  assert.equal(t.asked[1]['Last-Event-ID'], 'a-7');
  assert.deepEqual(t.got, ['one']);
  t.s.stop();
});

test('a refused token is replaced', async () => {
  const t = stream();
  t.s.start('a-5');
  await settled();
  t.asked[0].refuse(401);
  await settled();
  await t.hand.pass(500);
  assert.equal(t.asked[1].Authorization, 'Bearer fresh');
  t.s.stop();
});

test('a stream that falls silent is left and opened again', async () => {
  const t = stream();
  t.s.start('a-5');
  await settled();
  t.asked[0].answer(': hello\n\n…');
  await settled();
  await t.hand.pass(41_000);
  assert.equal(t.asked.length, 2);
  t.s.stop();
});

test('a bye says how long to stay away', async () => {
  const t = stream();
  t.s.start('a-5');
  await settled();
  t.asked[0].answer('event: bye\ndata: {"code":1012,"reconnect_after_ms":9000}\n\n');
  await settled();
  await settled();
  await t.hand.pass(8999);
  assert.equal(t.asked.length, 1);
  await t.hand.pass(1);
  assert.equal(t.asked.length, 2);
  t.s.stop();
});
