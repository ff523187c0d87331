import test from 'node:test';
import assert from 'node:assert/strict';
import { Session } from '../../web/client/session.js';
import { Clock } from '../../web/client/keys.js';
import { Failure } from '../../web/client/failure.js';
import { Hand, me, settled } from './world.mjs';

function session() {
  const hand = new Hand();
  const calls = [];
  const ends = [];
  const t = { hand, calls, ends, fail: null };
  t.session = new Session({
    clock: new Clock(() => hand.now), timers: hand, onGrant: () => {}, onEnd: () => ends.push('end'),
    send: async (method, path) => {
      calls.push(path);
      if (t.fail) throw t.fail;
      return { user: me, session: 's', access_token: `token${calls.length}`, expires_in: 300, time: new Date(hand.now).toISOString() };
    },
  });
  return t;
}

test('however many ask at once, one request fetches the token', async () => {
  const t = session();
  const all = await Promise.all([t.session.token(), t.session.token(), t.session.refresh()]);
  assert.deepEqual(all, ['token1', 'token1', 'token1']);
  assert.deepEqual(t.calls, ['/api/session/refresh']);
});

test('the token is renewed a minute before it ends', async () => {
  const t = session();
  await t.session.enter('/api/login', { name: 'ada', password: 'secret' });
  await t.hand.pass(239_000);
  assert.equal(t.calls.length, 1);
  await t.hand.pass(1000);
  assert.equal(t.calls.length, 2);
  assert.equal(await t.session.token(), 'token2');
});

test('a renewal that finds nobody is repeated while the old token holds', async () => {
  const t = session();
  await t.session.enter('/api/login', { name: 'ada', password: 'secret' });
  t.fail = new Failure('offline');
  await t.hand.pass(250_000);
  assert.ok(t.calls.length > 3);
  t.fail = null;
  await t.hand.pass(20_000);
  assert.match(await t.session.token(), /token\d/);
  assert.deepEqual(t.ends, []);
});

test('a refused refresh ends the session once', async () => {
  const t = session();
  await t.session.enter('/api/login', { name: 'ada', password: 'secret' });
  t.fail = new Failure('unauthenticated', { status: 401 });
  await assert.rejects(t.session.refresh(), { code: 'ended' });
  await t.hand.pass(1_000_000);
  await settled();
  assert.deepEqual(t.ends, ['end']);
});
