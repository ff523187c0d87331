import test from 'node:test';
import assert from 'node:assert/strict';
import { Api } from '../../web/client/api.js';

/** An Api whose answers are these problems in turn, then 204; `sent` holds the token of each request. */
function api(t, ...codes) {
  const sent = [];
  t.mock.method(globalThis, 'fetch', async (path, { headers }) => {
    sent.push(headers.Authorization);
    const code = codes.shift();
    return code ? Response.json({ code }, { status: 401 }) : new Response(null, { status: 204 });
  });
  const session = { token: async () => 'old', refresh: async () => 'new' };
  return { api: new Api(session), sent };
}

test('a token that is refused is renewed, and the request repeated once', async (t) => {
  const a = api(t, 'unauthenticated');
  await a.api.changePassword('x', 'y');
  assert.deepEqual(a.sent, ['Bearer old', 'Bearer new']);
  const b = api(t, 'unauthenticated', 'unauthenticated');
  await assert.rejects(b.api.rooms(), { code: 'unauthenticated' });
  assert.equal(b.sent.length, 2);
});

test('a wrong password or code is sent once: each is counted', async (t) => {
  for (const code of ['wrong_credentials', 'wrong_code']) {
    const a = api(t, code);
    await assert.rejects(a.api.changePassword('x', 'y'), { code });
    await assert.rejects(api(t, code).api.proveEmail('f', '12345678'), { code });
    assert.deepEqual(a.sent, ['Bearer old']);
  }
});
