import test from 'node:test';
import assert from 'node:assert/strict';
import * as lines from '../../web/state/lines.js';
import { rows } from '../../web/state/rows.js';
import { bob, many, me, posted } from './world.mjs';

const page = (items, more = {}) => ({ items, position: 'aa-9', ...more });
const shown = (l) => l.items.map((i) => i.seq);
const open = (items, more, mark = 0) => lines.paged(lines.opened('r', mark), page(items, more));

test('what happens while the newest page is under way continues it', () => {
  let l = lines.opened('r', 0);
  for (const item of many(3, 6)) l = lines.witnessed(l, item, true);
  l = lines.paged(l, page(many(1, 4)));
  assert.deepEqual(shown(l), [1, 2, 3, 4, 5, 6]);
  l = lines.witnessed(l, many(6, 6)[0], true);
  assert.deepEqual(shown(lines.witnessed(l, many(7, 7)[0], true)), [1, 2, 3, 4, 5, 6, 7]);
});

test('a window stays bounded however far one scrolls, and nothing is missing in it', () => {
  let l = open(many(9_951, 10_000), { older: 'aa-9951' });
  for (let top = 9_951; top > 8_000; top -= 50) {
    l = lines.paged(lines.loading(l, 'older'), page(many(top - 50, top - 1), { older: `aa-${top - 50}` }));
    assert.ok(l.items.length <= lines.most);
  }
  assert.equal(l.live, false);
  assert.equal(shown(l)[0], 7_951);
  for (let steps = 0; !l.live && steps < 100; steps++) {
    const from = Number(l.newer.split('-')[1]) + 1;
    const to = Math.min(from + 49, 10_000);
    l = lines.paged(lines.loading(l, 'newer'), page(many(from, to), to < 10_000 ? { newer: `aa-${to}` } : {}));
    assert.ok(l.items.length <= lines.most);
    shown(l).every((seq, i, all) => assert.ok(i === 0 || seq === all[i - 1] + 1));
  }
  assert.equal(shown(l).at(-1), 10_000);
  assert.equal(l.live, true);
});

test('a window that does not reach the present takes no live lines', () => {
  const l = lines.paged(lines.opened('r', 0, 5), page(many(1, 5), { newer: 'aa-5' }));
  assert.deepEqual(shown(lines.witnessed(l, many(90, 90)[0], false)), [1, 2, 3, 4, 5]);
});

test('lines that come while one reads further up do not grow without end', () => {
  let l = open(many(1, 50));
  for (const item of many(51, 1000)) l = lines.witnessed(l, item, false);
  assert.ok(l.items.length <= 2 * lines.most);
  assert.equal(l.live, false);
  assert.equal(l.newer, `aa-${shown(l).at(-1)}`);
});

test('a failed load keeps what is there', () => {
  const l = lines.failed(lines.loading(open(many(1, 5), { older: 'aa-1' }), 'older'), 'older', 'offline');
  assert.deepEqual([shown(l).length, l.failed.what, l.loading], [5, 'older', '']);
});

const kinds = (all) => all.map((r) => (r.kind === 'line' ? r.text : r.kind));

test('the "new" line stands before the first line of others that one has not read', () => {
  const items = [posted(1, bob, 'old'), posted(2, me, 'mine'), posted(3, bob, 'fresh')];
  assert.deepEqual(kinds(rows(open(items, {}, 1), [], me)), ['day', 'old', 'mine', 'new', 'fresh']);
  assert.deepEqual(kinds(rows(open(items, {}, 3), [], me)), ['day', 'old', 'mine', 'fresh']);
});

test('no "new" line stands where one cannot know that it belongs', () => {
  assert.ok(!kinds(rows(open(many(50, 60), { older: 'aa-50' }, 10), [], me)).includes('new'));
});

test('lines of one person within five minutes stand together, days apart', () => {
  const at = (seq, actor, time) => ({ seq, event: { ...posted(seq, actor, `t${seq}`).event, time } });
  const items = [
    at(1, bob, '2026-11-20T10:00:00'), at(2, bob, '2026-11-20T10:04:59'), at(3, bob, '2026-11-20T10:12:00'),
    at(4, me, '2026-11-20T10:12:01'), at(5, bob, '2026-11-21T00:00:01'),
  ];
  const all = rows(open(items), [], me);
  assert.deepEqual(all.filter((r) => r.kind === 'line').map((r) => [r.first, r.last]), [[true, false], [false, true], [true, true], [true, true], [true, true]]);
  assert.deepEqual(kinds(all).filter((k) => k === 'day').length, 2);
});

test('a pending line keeps its place and its identity when it becomes real', () => {
  const entry = { key: 'k', room: 'r', text: 'hi', time: '2026-11-21T10:00:00Z', stage: 'sending', tries: 1, seq: 0, code: '' };
  const before = rows(open(many(1, 2)), [entry], me).at(-1);
  const after = rows(open([...many(1, 2), posted(3, me, 'hi', { key: 'k' })]), [], me).at(-1);
  assert.equal(before.id, after.id);
  assert.deepEqual([before.stage, after.stage], ['sending', 'done']);
});

test('people who join one after the other share a line, up to six names; I do not', () => {
  const joins = (seq, user, day = '21') => ({ seq, event: { type: 'member.joined', actor: user, time: `2026-11-${day}T10:00:00`, data: { user } } });
  const them = [...'abcdefgh'].map((name, i) => joins(i + 1, { id: name, name }));
  const all = rows(open([...them, joins(9, me), joins(10, bob), posted(11, bob, 'hi'), joins(12, bob, '22'), joins(13, bob, '23')]), [], me);
  assert.deepEqual(all.filter((r) => r.kind === 'happening').map((r) => [r.seq, r.also.join(''), r.more]), [[1, 'bcdefg', 1], [9, '', 0], [10, '', 0], [12, '', 0], [13, '', 0]]);
});

test('that two people are in their direct room goes without saying', () => {
  const created = { seq: 1, event: { type: 'room.created', actor: bob, time: '2026-11-21T10:00:00Z', data: { kind: 'direct' } } };
  const joins = { seq: 2, event: { type: 'member.joined', actor: me, time: '2026-11-21T10:00:00Z', data: { user: me } } };
  assert.deepEqual(kinds(rows(open([created, joins, posted(3, bob, 'hi')]), [], me)), ['day', 'hi']);
});

test('events of unknown types, and what nobody did, are passed over', () => {
  const silent = { seq: 3, event: { type: 'room.created', time: '2026-11-21T10:00:00Z', data: {} } }; // the lobby, which nobody made
  const odd = { seq: 2, event: { type: 'message.sung', actor: bob, time: '2026-11-21T10:00:00Z', data: {} } };
  assert.deepEqual(kinds(rows(open([posted(1, bob, 'a'), odd, silent]), [], me)), ['day', 'a']);
});
