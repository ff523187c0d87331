import test from 'node:test';
import assert from 'node:assert/strict';
import { Clock, uuidv7 } from '../../web/client/keys.js';
import { formatPosition, parsePosition, positionAt } from '../../web/client/position.js';

test('a key is a canonical UUIDv7 of its moment', () => {
  const key = uuidv7(Date.UTC(2026, 10, 21));
  assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(parseInt(key.replaceAll('-', '').slice(0, 12), 16), Date.UTC(2026, 10, 21));
});

test('the random part carries all but the six bits that the form takes', () => {
  assert.equal(uuidv7(0, new Uint8Array(10).fill(0xff)), '00000000-0000-7fff-bfff-ffffffffffff');
  assert.equal(uuidv7(0, new Uint8Array(10)), '00000000-0000-7000-8000-000000000000');
});

test('two keys of one moment differ', () => {
  assert.notEqual(uuidv7(5), uuidv7(5));
});

test('keys follow the server\'s clock, however wrong ours is', () => {
  let local = 1000;
  const clock = new Clock(() => local);
  const asked = local;
  local = 3000; // the answer took two seconds, so the server wrote it about one second ago
  clock.learn('1970-01-01T01:00:00Z', asked);
  assert.equal(clock.now(), 3_601_000);
});

test('a time that cannot be read changes nothing', () => {
  const clock = new Clock(() => 7);
  clock.learn('soon', 0);
  assert.equal(clock.now(), 7);
});

test('positions are read and written without loss', () => {
  assert.deepEqual(parsePosition('1f0c9a3e-42'), { life: '1f0c9a3e', seq: 42 });
  assert.equal(formatPosition(parsePosition('1f0c9a3e-9007199254740991')), '1f0c9a3e-9007199254740991');
  assert.equal(positionAt('1f0c9a3e-42', 7), '1f0c9a3e-7');
});
