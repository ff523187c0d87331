import test from 'node:test';
import assert from 'node:assert/strict';
import { begun } from '../../web/state/tally.js';
import { amended, amends, excerpt, lastOwn, mine, possible } from '../../web/state/messages.js';
import * as windows from '../../web/state/lines.js';
import * as rooms from '../../web/state/rooms.js';
import { rows } from '../../web/state/rows.js';

const ada = { id: 'ada', name: 'ada' };
const bob = { id: 'bob', name: 'bob' };
const time = '2026-01-01T00:00:00Z';
const event = (type, actor, data) => ({ type, id: `e${Math.random()}`, scope: 'r', actor, time, v: 1, data });
const post = (seq, text, actor = ada) => ({ seq, event: event('message.posted', actor, { key: `key${seq}`, text }) });
const happens = (seq, type, actor, data) => ({ seq, event: event(`message.${type}`, actor, data) });
const page = (items, more = {}) => ({ items, position: 'x-100', ...more });
const open = (items) => windows.paged(windows.loading(windows.opened('r', 0), 'first'), page(items));

test('an edit gives a message another text, and an older edit does not', () => {
  let items = [post(1, 'helo'), post(2, 'other')];
  items = amended(items, happens(5, 'edited', ada, { seq: 1, text: 'hello' }));
  items = amended(items, happens(4, 'edited', ada, { seq: 1, text: 'hell' }));
  assert.deepEqual([items[0].event.data.text, items[0].event.data.edited.seq, items[1].event.data.text], ['hello', 5, 'other']);
});

test('of a deleted message nothing is left but who wrote it and when', () => {
  const before = [{ ...post(1, 'secret'), reactions: [{ emoji: '👍', count: 1, people: [bob] }], pinned: true }];
  const after = amended(before, happens(3, 'deleted', bob, { seq: 1 }));
  assert.ok(!JSON.stringify(after).includes('secret'));
  assert.deepEqual([after[0].event.type, after[0].event.actor, after[0].event.data.by, after[0].reactions, after[0].pinned], ['message.erased', ada, bob, undefined, undefined]);
  assert.equal(amended(after, happens(4, 'edited', ada, { seq: 1, text: 'back' })), after);
  assert.equal(rows(open(after), [], ada).find((r) => r.kind === 'line').erased, true);
});

test('a quote says what the quoted message says now', () => {
  const answer = { ...post(2, 'yes', bob), quote: { seq: 1, user: ada, excerpt: 'secret' } };
  assert.equal(amended([answer], happens(3, 'edited', ada, { seq: 1, text: 'a\n b' }))[0].quote.excerpt, 'a b');
  assert.deepEqual(amended([answer], happens(3, 'deleted', ada, { seq: 1 }))[0].quote, { seq: 1, user: ada, excerpt: '', deleted: true });
});

test('reactions are counted once a person, and go when nobody has them', () => {
  const on = (actor, emoji = '👍') => happens(9, 'reacted', actor, { seq: 1, emoji, on: true });
  let items = [on(ada), on(bob), on(ada), on(ada, '🎉')].reduce(amended, [post(1, 'x')]);
  assert.deepEqual(items[0].reactions.map((r) => [r.emoji, r.count, r.people.map((p) => p.id)]), [['👍', 2, ['ada', 'bob']], ['🎉', 1, ['ada']]]);
  assert.ok(mine(items[0].reactions[0], 'ada'));
  items = amended(items, happens(10, 'reacted', ada, { seq: 1, emoji: '🎉', on: false }));
  assert.deepEqual(items[0].reactions.map((r) => r.emoji), ['👍']);
});

test('a message can be pinned and taken down', () => {
  const pinned = amended([post(1, 'x')], happens(2, 'pinned', ada, { seq: 1, on: true }));
  assert.equal(pinned[0].pinned, true);
  assert.equal(amended(pinned, happens(3, 'pinned', ada, { seq: 1, on: false }))[0].pinned, false);
});

test('what happens while a page is under way is applied to what it brings', () => {
  let lines = windows.loading(windows.opened('r', 0), 'first');
  lines = windows.witnessed(lines, post(3, 'third'), true);
  lines = windows.witnessed(lines, happens(4, 'edited', ada, { seq: 3, text: 'third!' }), true);
  lines = windows.witnessed(lines, happens(5, 'deleted', ada, { seq: 1 }), true);
  lines = windows.paged(lines, page([post(1, 'first'), post(2, 'second')]));
  assert.deepEqual(lines.items.map((i) => [i.seq, i.event.data.text]), [[1, undefined], [2, 'second'], [3, 'third!']]);
});

test('what happens to older lines that are under way reaches them, too', () => {
  let lines = windows.paged(windows.loading(windows.opened('r', 0), 'first'), page([post(10, 'ten')], { older: 'x-10' }));
  lines = windows.loading(lines, 'older');
  lines = windows.witnessed(lines, happens(20, 'deleted', ada, { seq: 9 }), true);
  lines = windows.paged(lines, page([post(9, 'nine')]));
  assert.deepEqual(lines.items.map((i) => i.event.type), ['message.erased', 'message.posted']);
});

test('none of it is a line of its own, and a line that nobody has is passed over', () => {
  const lines = open([post(1, 'x')]);
  assert.equal(windows.witnessed(lines, happens(2, 'reacted', bob, { seq: 77, emoji: '👍', on: true }), true), lines);
  for (const type of ['edited', 'deleted', 'reacted', 'pinned']) assert.ok(amends(happens(1, type, ada, {})));
  assert.ok(!amends(post(1, 'x')));
});

test('the list of rooms shows what the last message says now, and a deleted one is not unread', () => {
  let room = { id: 'r', kind: 'public', name: 'r', members: 2, created: time, read: 0, life: 'aa', upTo: 0, tally: begun(0, { since: 0, at: 0, unread: 0, mentioned: [] }) };
  room = rooms.witnessed(room, post(1, 'hi', bob), 'ada');
  assert.equal(rooms.unread(room), 1);
  room = rooms.witnessed(room, happens(2, 'edited', bob, { seq: 1, text: 'hi!' }), 'ada');
  assert.deepEqual([room.last.event.data.text, rooms.unread(room)], ['hi!', 1]);
  room = rooms.witnessed(room, happens(3, 'deleted', bob, { seq: 1 }), 'ada');
  assert.deepEqual([room.last.event.type, rooms.unread(room)], ['message.erased', 0]);
});

test('a quote is short, and the last line of mine is the one that can be edited', () => {
  assert.equal([...excerpt('가'.repeat(200))].length, 140);
  const erased = amended([post(3, 'c')], happens(4, 'deleted', ada, { seq: 3 }))[0];
  assert.equal(lastOwn([post(1, 'a'), post(2, 'b', bob), erased], 'ada').seq, 1);
});

test('a reply that comes live quotes the lines that we have', () => {
  const lines = open([post(1, 'a question'), post(2, 'other')]);
  const reply = (seq, to) => ({ seq, event: event('message.posted', bob, { key: `k${seq}`, text: 'yes', reply: { seq: to, user: ada } }) });
  const next = [reply(3, 1), reply(4, 99)].reduce((l, i) => windows.witnessed(l, i, true), lines);
  assert.deepEqual(next.items.slice(2).map((i) => [i.quote.seq, i.quote.user.name, i.quote.excerpt]), [[1, 'ada', 'a question'], [99, 'ada', '']]);
});

test('the newest line of mine says how many have read it', () => {
  const lines = open([post(1, 'a'), post(2, 'b'), post(3, 'c', bob)]);
  const read = rows(lines, [], ada, { room: 'r', seqs: new Map([['bob', 3], ['cyd', 1]]) }).filter((r) => r.kind === 'line').map((r) => r.readers);
  assert.deepEqual(read, [0, 1, 0]);
});

test('what one can do with a line depends on whose it is and on the room', () => {
  const [own, other] = rows(open([post(1, 'a'), post(2, 'b', bob)]), [], ada).filter((r) => r.kind === 'line');
  assert.deepEqual(possible(own, { kind: 'public' }), ['reply', 'edit', 'copy', 'delete']);
  assert.deepEqual(possible(other, { kind: 'public' }), ['reply', 'copy']);
  assert.deepEqual(possible({ ...other, edited: 1 }, { kind: 'public' }), ['reply', 'edits', 'copy']);
  assert.deepEqual(possible(other, { kind: 'direct' }), ['reply', 'copy', 'pin']);
  assert.deepEqual(possible({ ...other, pinned: true }, { kind: 'public', role: 'moderator' }), ['reply', 'copy', 'unpin', 'delete']);
});
