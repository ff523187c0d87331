import test from 'node:test';
import assert from 'node:assert/strict';
import { Attention, Presence } from '../../web/client/presence.js';
import { Typing } from '../../web/client/typing.js';
import { standing, told } from '../../web/state/there.js';
import { pieces, wordsOf } from '../../web/state/found.js';
import { grouped, settled, settledBy, silent } from '../../web/state/bell.js';
import { Hand } from './world.mjs';

function presence() {
  const sent = [];
  const shown = [];
  const soon = [];
  const follows = new Set();
  const p = new Presence({ send: (op, { rooms }) => sent.push(`${op} ${rooms}`), follows: (room) => follows.has(room), onPresence: (f) => shown.push(f.n), soon: (run) => soon.push(run) });
  const flush = () => soon.splice(0).forEach((run) => run());
  const subscribed = (room) => { follows.add(room); p.subscribed(room); };
  return { p, sent, shown, flush, follows, subscribed };
}

test('a room is watched when it is shown and subscribed to, many with one frame', () => {
  const t = presence();
  t.p.want(new Set(['a', 'b']));
  t.flush();
  assert.deepEqual(t.sent, []);
  t.subscribed('a');
  t.subscribed('b');
  t.subscribed('c');
  t.flush();
  assert.deepEqual(t.sent, ['watch a,b']);
});

test('a room that is shown no more is not watched, and what still comes of it is nothing', () => {
  const t = presence();
  t.subscribed('a');
  t.p.want(new Set(['a']));
  t.flush();
  t.p.frame({ op: 'present', room: 'a', n: 3, people: [] });
  t.p.want(new Set());
  t.p.frame({ op: 'presence', room: 'a', n: 4 });
  assert.deepEqual([t.sent, t.shown], [['watch a', 'unwatch a'], [3]]);
});

test('a change that was left out is asked for again, one that is known is nothing', () => {
  const t = presence();
  t.subscribed('a');
  t.p.want(new Set(['a']));
  t.p.frame({ op: 'presence', room: 'a', n: 2 });
  t.p.frame({ op: 'present', room: 'a', n: 3, people: [] });
  for (const n of [3, 4, 6, 7]) t.p.frame({ op: 'presence', room: 'a', n });
  t.flush();
  assert.deepEqual([t.shown, t.sent], [[3, 4], ['watch a']]);
});

test('after a reconnect all that is shown is watched again', () => {
  const t = presence();
  t.subscribed('a');
  t.p.want(new Set(['a']));
  t.flush();
  t.p.down();
  t.subscribed('a');
  t.flush();
  assert.deepEqual(t.sent, ['watch a', 'watch a']);
});

test('who is hidden or does nothing for five minutes is away, and here again at the first touch', async () => {
  const hand = new Hand();
  const said = [];
  let visible = true;
  const a = new Attention({ visible: () => visible, say: (state) => said.push(state), timers: hand });
  await hand.pass(299_000);
  a.look();
  await hand.pass(299_000);
  assert.deepEqual(said, []);
  await hand.pass(2000);
  a.up();
  a.look();
  visible = false;
  a.look();
  visible = true;
  a.look();
  assert.deepEqual(said, ['away', 'away', 'here', 'away', 'here']);
  assert.equal(hand.all.size, 1);
});

test('typing is said at most every two seconds, not of nothing, and shown for five', async () => {
  const hand = new Hand();
  const sent = [];
  const shown = [];
  const t = new Typing({ send: (room) => sent.push(`${room} ${hand.now}`), tell: (room, user, types) => shown.push(`${user} ${types} ${hand.now}`), timers: hand, now: () => hand.now + 10_000 });
  for (const text of ['', ' ', 'h', 'he', 'hel']) {
    t.wrote('r', text);
    await hand.pass(900);
  }
  t.wrote('q', 'x');
  assert.deepEqual(sent, ['r 1800', 'q 4500']);
  t.heard('r', 'bob');
  await hand.pass(3000);
  t.heard('r', 'bob');
  await hand.pass(4999);
  assert.deepEqual(shown, ['bob true 4500', 'bob true 7500']);
  await hand.pass(1);
  assert.equal(shown.at(-1), 'bob false 12500');
});

test('people come and go, and a large room has counts alone', () => {
  let all = told(new Map(), { op: 'present', room: 'r', people: [{ user: 'bob', state: 'here' }] });
  assert.deepEqual([standing(all, 'r', 'bob').state, standing(all, 'r', 'cyd').state], ['here', 'offline']);
  all = told(all, { op: 'presence', room: 'r', user: 'bob', state: 'offline', seen: 't' });
  assert.deepEqual(standing(all, 'r', 'bob'), { state: 'offline', seen: 't' });
  all = told(all, { op: 'presence', room: 'r', here: 3, away: 1 });
  assert.deepEqual([standing(all, 'r', 'bob'), all.get('r').here], [undefined, 3]);
  assert.equal(standing(all, 'other', 'bob'), undefined);
});

const marked = (text, q) => pieces(text, wordsOf(q)).map((p) => (p.hit ? `[${p.text}]` : p.text)).join('');

test('what was found shows the words around it, marked as natter finds them', () => {
  assert.equal(marked('We deployed the deployment, redeploy never', 'deploy'), 'We [deploy]ed the [deploy]ment, redeploy never');
  assert.equal(marked('It was deployed', 'deploys'), 'It was [deployed]');
  assert.equal(marked('주간회의를 해요', '회의'), '주간[회의]를 해요');
  assert.equal(marked('a green tea and tea green', '"green tea"'), 'a [green tea] and tea green');
  assert.equal(marked('1+1 (x) <b>', '(x) <b>'), '1+1 [(x)] [<b>]');
  const long = marked(`${'word '.repeat(100)}needle ${'word '.repeat(100)}`, 'needle');
  assert.ok(long.startsWith('…') && long.endsWith('…') && long.includes('[needle]') && long.length < 200, long);
});

const note = (seq, data, read = false) => ({ seq, read, event: { data: { kind: 'message', room: 'r', seq, ...data } } });

test('notifications of one room and kind are one, read ones where they stand together', () => {
  const items = [note(9), note(8, { room: 'q' }), note(7), note(6, { kind: 'reply' }), note(5, {}, true), note(4, {}, true), note(3, { kind: 'mention' }, true), note(2, {}, true)];
  assert.deepEqual(grouped({ ...silent, items }).map((g) => g.items.map((i) => i.seq)), [[9, 7], [8], [6], [5, 4], [3], [2]]);
});

test('what is read of a room takes its notifications along, and an edit that is seen is told', () => {
  const bell = { ...silent, items: [note(9, { seq: 50, message: 20 }), note(8, { seq: 30 }), note(7, { seq: 20 })], unread: 3 };
  const after = settled(bell, 'r', 30);
  assert.deepEqual([after.unread, after.items.map((i) => i.read)], [1, [false, true, true]]);
  assert.equal(settledBy(after, 'r', 30), 9);
  assert.equal(settledBy(after, 'r', 10), 0);
});
