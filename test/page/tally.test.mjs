import test from 'node:test';
import assert from 'node:assert/strict';
import * as tally from '../../web/state/tally.js';

// The stories of chat/unread_test.go: a room's log, what happened in it told in
// other words beside it, and devices that hear of both sooner or later.

/** Numbers that look random and are the same for a seed. */
function dice(seed) {
  let a = seed;
  const next = () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { up: (n) => Math.floor(next() * (n + 1)), of: (all) => all[Math.floor(next() * all.length)] };
}

const clipped = (c) => ({ ...c, unread: Math.min(tally.bound, c.unread), mentioned: c.mentioned.slice(-tally.bound) });

/** What is unread, counted from scratch. */
function recount(facts, read, upTo) {
  const messages = new Map();
  const c = { since: read, at: 0, unread: 0, mentioned: [] };
  for (const f of facts.filter((x) => x.seq <= upTo)) {
    c.at = f.seq;
    if (f.what === 'joined') c.since = Math.max(c.since, f.seq);
    if (f.what === 'posted') messages.set(f.seq, { ...f });
    if (f.what === 'edited') messages.get(f.of).mention = f.mention;
    if (f.what === 'deleted') messages.get(f.of).gone = true;
  }
  for (const [seq, m] of messages) {
    if (seq <= c.since || m.mine || m.gone) continue;
    c.unread++;
    if (m.mention) c.mentioned.push(seq);
  }
  return c;
}

/** A room that I read on several devices. */
function story(seed) {
  const d = dice(seed);
  const [log, facts, markers, devices] = [[], [], [], []];
  let asked = 0;
  const end = () => log.at(-1)?.seq ?? 0;
  const some = () => (log.length && d.up(1) ? d.of(log).seq : end());
  const happens = (what) => {
    const seq = end() + 1 + d.up(2);
    const posts = facts.filter((f) => f.what === 'posted');
    const add = (type, by, data, fact) => {
      log.push({ seq, event: { type, v: 1, actor: { id: by }, data } });
      facts.push({ seq, ...fact });
    };
    const named = d.up(3);
    const people = named === 0 ? [{ id: 'third' }, { id: 'me' }] : named === 1 ? [{ id: 'third' }] : [];
    if (what === 'post') {
      const mine = d.up(5) === 0;
      const crowd = d.up(9) === 0 ? 'room' : undefined;
      add('message.posted', mine ? 'me' : 'other', { mentions: people, crowd }, { what: 'posted', mine, crowd, mention: named === 0 || crowd === 'room' });
    }
    if (what === 'edit' && posts.length) {
      const { seq: of, mine, crowd } = posts[posts.length - 1 - d.up(Math.min(posts.length - 1, 150))];
      add('message.edited', mine ? 'me' : 'other', { seq: of, mentions: people, crowd }, { what: 'edited', of, mention: named === 0 || crowd === 'room' });
    }
    if (what === 'delete' && posts.length) {
      const { seq: of, mine } = posts[posts.length - 1 - d.up(Math.min(posts.length - 1, 150))];
      if (!facts.some((f) => f.what === 'deleted' && f.of === of)) add('message.deleted', 'third', { seq: of, user: { id: mine ? 'me' : 'other' } }, { what: 'deleted', of });
    }
    if (what === 'join') add('member.joined', 'me', { user: { id: 'me' } }, { what: 'joined' });
  };
  const lists = (device) => {
    const read = Math.max(0, ...markers.map((m) => m.read));
    const counts = clipped(recount(facts, read, end()));
    device.tally = device.tally ? tally.counted(device.tally, read, counts) : tally.begun(read, counts);
  };
  const joins = () => {
    const device = { tally: null, heard: log.length, markers: markers.length };
    lists(device);
    devices.push(device);
  };
  const reads = (device) => {
    if (!device.heard) return;
    const read = log[device.heard - 1 - d.up(Math.min(device.heard - 1, 30))].seq;
    const m = { read, counts: null };
    if (d.up(9)) {
      const upTo = Math.max(read, some());
      m.counts = clipped(recount(facts, read, upTo));
      m.counts.at = Math.max(m.counts.at, read);
    }
    markers.push(m);
  };
  const hears = (device, events, marks) => {
    for (; events-- > 0 && device.heard < log.length;) device.tally = tally.happened(device.tally, log[device.heard++], 'me');
    for (; marks-- > 0 && device.markers < markers.length;) {
      const { read, counts } = markers[device.markers++];
      device.tally = counts ? tally.counted(device.tally, read, counts) : tally.marked(device.tally, read);
    }
  };
  const agrees = (device, step) => {
    if (device.tally.ask) {
      asked++;
      lists(device);
      assert.equal(device.tally.ask, false, 'the list did not help');
    }
    const t = device.tally;
    const at = Math.max(t.base.at, device.heard ? log[device.heard - 1].seq : 0);
    const want = clipped(recount(facts, t.read, at));
    assert.deepEqual([tally.unreadOf(t), tally.mentionsOf(t)], [want.unread, want.mentioned], `story ${seed}, step ${step}`);
  };
  return { d, devices, happens, joins, lists, reads, hears, agrees, log, markers, get asked() { return asked; } };
}

test('the counts of every device equal a recount, always', () => {
  let asked = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const s = story(seed);
    for (let n = s.d.up(150); n > 0; n--) s.happens('post');
    for (let n = 1 + s.d.up(2); n > 0; n--) s.joins();
    for (let step = 1 + s.d.up(250); step > 0; step--) {
      const device = s.d.of(s.devices);
      const what = s.d.of(['post', 'post', 'post', 'edit', 'delete', 'hear', 'hear', 'hear', 'read', 'list', 'join']);
      if (what === 'hear') s.hears(device, s.d.up(4), s.d.up(2));
      else if (what === 'read') { if (!s.d.up(9)) s.reads(device); } else if (what === 'list') { if (!s.d.up(5)) s.lists(device); } else if (what !== 'join' || !s.d.up(9)) s.happens(what);
      for (const each of s.devices) s.agrees(each, step);
    }
    for (const each of s.devices) {
      s.hears(each, s.log.length, s.markers.length);
      s.agrees(each, 'the end');
    }
    const shown = s.devices.map(({ tally: t }) => [tally.unreadOf(t), tally.mentionsOf(t)]);
    for (const each of shown) assert.deepEqual(each, shown[0], 'two devices differ');
    asked += s.asked;
  }
  assert.ok(asked > 0, 'no story came to where the list must be asked for');
});

const base = { since: 2, at: 10, unread: 3, mentioned: [5] };
const heard = (t, seq, type, data, by = 'bob') => tally.happened(t, { seq, event: { type, v: 1, actor: { id: by }, data } }, 'me');
const shown = (t) => [tally.unreadOf(t), tally.mentionsOf(t), t.ask];

test('a message to the whole room mentions everybody, one to those who are here whom it names', () => {
  let t = heard(tally.begun(2, base), 11, 'message.posted', { crowd: 'room', mentions: [] });
  t = heard(t, 12, 'message.posted', { crowd: 'here', mentions: [] });
  t = heard(t, 13, 'message.posted', { crowd: 'here', mentions: [{ id: 'me' }] });
  assert.deepEqual(shown(t), [6, [5, 11, 13], false]);
});

test('an edit takes a mention away, and asks where it makes one of what was only counted', () => {
  const t = heard(tally.begun(2, base), 11, 'message.edited', { seq: 5, mentions: [] });
  assert.deepEqual(shown(t), [3, [], false]);
  assert.deepEqual(shown(heard(t, 12, 'message.edited', { seq: 6, mentions: [{ id: 'me' }] })), [3, [], true]);
});

test('a deletion lowers both counts, and a later edit of it changes nothing', () => {
  const t = heard(tally.begun(2, base), 11, 'message.deleted', { seq: 5, user: { id: 'bob' } });
  assert.deepEqual(shown(heard(t, 12, 'message.edited', { seq: 5, mentions: [{ id: 'me' }] })), [2, [], false]);
});

test('a deletion among more than are counted asks how many there are', () => {
  assert.equal(heard(tally.begun(2, { ...base, unread: 100 }), 11, 'message.deleted', { seq: 4, user: { id: 'bob' } }).ask, true);
});

test('a marker that nobody could count asks where it reads only a part', () => {
  assert.deepEqual(shown(tally.marked(tally.begun(2, base), 6)), [3, [5], true]);
  assert.deepEqual(shown(tally.marked(tally.begun(2, base), 10)), [0, [], false]);
});

test('whoever reads the newest message has read everything, though natter counted beyond it', () => {
  assert.deepEqual(shown(tally.readAll(tally.begun(2, base), 8)), [0, [], false]);
});
