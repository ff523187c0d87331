import test from 'node:test';
import assert from 'node:assert/strict';
import { afterClose, Socket } from '../../web/client/socket.js';
import { Failure } from '../../web/client/failure.js';
import { backoff } from '../../web/client/backoff.js';
import { connected, initial } from '../../web/state.js';
import { Hand, settled, sockets } from './world.mjs';

function connection(token = async () => 'token') {
  const hand = new Hand();
  const net = sockets();
  const told = [];
  const asked = [];
  const socket = new Socket({
    url: 'ws://here/api/ws', WebSocket: net.FakeSocket, timers: hand, random: () => 1,
    token: (fresh) => { asked.push(fresh); return token(fresh); },
    onUp: () => told.push('up'), onDown: () => told.push('down'), onOver: () => told.push('over'), onFrame: (f) => told.push(f.op),
  });
  return { hand, net, told, asked, socket };
}

async function up(token) {
  const c = connection(token);
  c.socket.start();
  await settled();
  c.net.last.welcome();
  return c;
}

test('it speaks the subprotocol and authenticates with its first frame', async () => {
  const c = await up();
  assert.deepEqual(c.net.last.protocols, ['natter.v1.json']);
  assert.equal(c.net.last.sent[0].op, 'auth');
  assert.equal(c.net.last.sent[0].token, 'token');
  assert.deepEqual(c.told, ['up']);
});

test('answers find their questions, whatever their order', async () => {
  const c = await up();
  const first = c.socket.request('post', { text: 'a' });
  const second = c.socket.request('post', { text: 'b' });
  const [a, b] = c.net.last.asked('post');
  c.net.last.tell({ op: 'ack', id: b.id, seq: 2 });
  c.net.last.tell({ op: 'ack', id: a.id, seq: 1 });
  assert.equal((await first).seq, 1);
  assert.equal((await second).seq, 2);
});

test('an error rejects with its code', async () => {
  const c = await up();
  const asked = c.socket.request('post', {});
  c.net.last.tell({ op: 'error', id: c.net.last.asked('post')[0].id, code: 'bad_text' });
  await assert.rejects(asked, (e) => e instanceof Failure && e.code === 'bad_text');
});

test('a question without an answer in ten seconds has an unknown outcome', async () => {
  const c = await up();
  const asked = c.socket.request('post', {});
  const outcome = assert.rejects(asked, { code: 'outcome_unknown' });
  for (let i = 0; i < 11; i++) {
    await c.hand.pass(1000);
    c.net.last.tell({ op: 'pong' });
  }
  await outcome;
});

test('a cut connection rejects what waits and comes back by itself', async () => {
  const c = await up();
  const asked = c.socket.request('post', {});
  c.net.last.drop(1006);
  await assert.rejects(asked, { code: 'offline' });
  assert.deepEqual(c.told, ['up', 'down']);
  await c.hand.pass(500);
  assert.equal(c.net.all.length, 2);
  c.net.last.welcome();
  assert.deepEqual(c.told, ['up', 'down', 'up']);
});

test('waits grow with every failure, stay below twenty seconds, and start over after a welcome', async () => {
  const c = await up();
  const waits = [];
  for (let i = 0; i < 8; i++) {
    const before = c.hand.now;
    c.net.last.drop(1006);
    const count = c.net.all.length;
    while (c.net.all.length === count) await c.hand.pass(250);
    waits.push(c.hand.now - before);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
  c.net.last.welcome();
  c.net.last.drop(1006);
  await c.hand.pass(500);
  assert.equal(c.net.all.length, 10);
});

test('waits are spread, so that all do not come back at once', () => {
  assert.equal(backoff(2, () => 0), 1000);
  assert.equal(backoff(2, () => 1), 2000);
});

test('it waits as long as natter asks it to before it comes back', async () => {
  const c = await up();
  c.net.last.tell({ op: 'bye', code: 1012, reason: 'restart', reconnect_after_ms: 7000 });
  c.net.last.drop(1012);
  await c.hand.pass(6999);
  assert.equal(c.net.all.length, 1);
  await c.hand.pass(1);
  assert.equal(c.net.all.length, 2);
});

test('an ended session is not tried again', async () => {
  const c = await up();
  c.net.last.drop(4403);
  await c.hand.pass(120_000);
  assert.equal(c.net.all.length, 1);
  assert.deepEqual(c.told, ['up', 'down', 'over']);
});

test('a refused or expired token is replaced before the next try', async () => {
  for (const code of [4401, 4402]) {
    const c = await up();
    c.net.last.drop(code);
    await c.hand.pass(1000);
    assert.deepEqual(c.asked, [false, true]);
  }
});

test('close codes say how long to wait', () => {
  const half = () => 1;
  assert.equal(afterClose(1008, undefined, 0, half).after, 10_000);
  assert.equal(afterClose(4408, undefined, 0, half).after, 0);
  assert.equal(afterClose(4408, undefined, 3, half).after, 4000); // not again and again at once
  assert.equal(afterClose(4503, undefined, 1, half).after, 1000);
});

test('silence is asked about, and an unanswered question ends the connection', async () => {
  const c = await up();
  await c.hand.pass(20_000);
  assert.equal(c.net.last.asked('ping').length, 1);
  c.net.last.tell({ op: 'pong' });
  await c.hand.pass(20_000);
  assert.equal(c.net.last.asked('ping').length, 2);
  await c.hand.pass(10_000);
  assert.deepEqual(c.told.filter((t) => t !== 'pong'), ['up', 'down']);
  await c.hand.pass(500);
  assert.equal(c.net.all.length, 2);
});

test('a server that never welcomes is left', async () => {
  const c = connection();
  c.socket.start();
  await settled();
  c.net.last.open();
  await c.hand.pass(10_500);
  assert.equal(c.net.all.length, 2);
});

test('a failed refresh is tried again, an ended session is not', async () => {
  let code = 'offline';
  const c = connection(async () => { throw new Failure(code); });
  c.socket.start();
  await settled();
  await c.hand.pass(500);
  assert.equal(c.asked.length, 2);
  code = 'ended';
  await c.hand.pass(1000);
  const asked = c.asked.length;
  await c.hand.pass(60_000);
  assert.equal(c.asked.length, asked);
  assert.equal(c.net.all.length, 0);
});

test('when the network comes back it does not wait any longer', async () => {
  const c = await up();
  c.net.last.tell({ op: 'bye', reconnect_after_ms: 60_000 });
  c.net.last.drop(1012);
  c.socket.wake();
  await settled();
  assert.equal(c.net.all.length, 2);
  await c.hand.pass(5000);
  assert.equal(c.net.all.length, 2);
});

test('why a connection was refused is told, even if it never was up', async () => {
  const c = connection();
  const codes = [];
  c.socket.o.onClosed = (code) => codes.push(code);
  c.socket.start();
  await settled();
  c.net.last.drop(4429);
  assert.deepEqual([codes, c.told], [[4429], []]);
  assert.equal(connected(initial, false, 5, true).downSince, 5);
  assert.equal(connected(connected(initial, false, 5, true), true, 6).crowded, false);
});

test('nothing of an old connection is heard', async () => {
  const c = await up();
  const old = c.net.last;
  const hear = old.onmessage;
  old.drop(1006);
  await c.hand.pass(500);
  c.net.last.welcome();
  hear({ data: '{"op":"event"}' });
  assert.deepEqual(c.told, ['up', 'down', 'up']);
});

test('a newer token is sent over the living connection', async () => {
  const c = await up();
  c.socket.renew('newer');
  assert.equal(c.net.last.asked('auth')[1].token, 'newer');
  c.net.last.tell({ op: 'welcome', id: c.net.last.asked('auth')[1].id });
  assert.deepEqual(c.told, ['up']);
});

test('a stopped socket stays quiet', async () => {
  const c = await up();
  c.socket.stop();
  await c.hand.pass(60_000);
  assert.equal(c.net.all.length, 1);
  assert.equal(c.net.last.closedWith, 1000);
});
