// What the log of a room shows, line by line, as plain values: days, the "new"
// line, what happened, and messages in groups.

/** @type {readonly any[]} */
const none = [];

/** Lines of one person stand together if they are this close. */
const together = 5 * 60_000;
const told = new Set(['room.created', 'member.joined', 'member.left', 'member.invited', 'member.changed', 'room.changed']);
const said = new Set(['message.posted', 'message.erased']);
const nobody = { id: '', name: '' };

/** So many names of people who join one after the other are said in one line. */
const named = 6;

/**
 * @param {Lines} lines
 * @param {readonly Entry[]} entries mine, of this room, that the log does not have yet
 * @param {Person} me
 * @param {Readers|null} [readers] up to where others have read
 * @returns {Row[]}
 */
export function rows(lines, entries, me, readers = null) {
  /** @type {Row[]} */
  const all = [];
  let day = '';
  let marked = lines.mark === 0 || !reaches(lines);
  /** @type {any} */ let about = null; // the room as the window last saw it
  /** @param {Row} row @param {number} time */
  const add = (row, time) => {
    const date = new Date(time).toDateString();
    if (date !== day) all.push({ id: `d${date}`, kind: 'day', time });
    day = date;
    all.push(row);
  };
  for (const item of lines.items) {
    const { seq, event } = item;
    const row = said.has(event.type) ? posted(item, me) : told.has(event.type) && event.actor && happened(seq, event, about);
    if (event.type.startsWith('room.')) about = event.data;
    if (!row || (row.kind === 'happening' && about?.kind === 'direct')) continue; // that two people are in their room goes without saying
    if (new Date(event.time).toDateString() === day && joined(all.at(-1), row, me.id)) continue;
    if (!marked && row.kind === 'line' && !row.own && seq > lines.mark) {
      marked = true;
      all.push({ id: 'new', kind: 'new' });
    }
    add(row, Date.parse(event.time));
  }
  if (!lines.newer) entries.forEach((entry) => add(pending(entry, me), Date.parse(entry.time)));
  const mine = [...all].reverse().find((row) => row.kind === 'line' && row.own && row.seq > 0);
  if (mine?.kind === 'line' && readers?.room === lines.room) mine.readers = [...readers.seqs.values()].filter((seq) => seq >= mine.seq).length;
  return grouped(all);
}

/** Takes somebody who joins into the line of those who did so just before. @param {any} last @param {any} row @param {string} me */
function joined(last, row, me) {
  const name = newcomer(row, me);
  if (!name || !newcomer(last, me)) return false;
  if (last.also.length < named) last.also = [...last.also, name];
  else last.more++;
  return true;
}

/** The name of somebody else who joined. @param {any} row @param {string} me */
function newcomer(row, me) {
  const who = row?.event?.type === 'member.joined' && (row.event.data.user ?? row.event.actor);
  return who && who.id !== me ? who.name : '';
}

/** Says whether the window shows where I left off. @param {Lines} lines */
const reaches = (lines) => !lines.older || (lines.items[0]?.seq ?? 0) <= lines.mark;

/** @param {number} seq @param {Happened} event @param {any} about @returns {Happening} */
const happened = (seq, event, about) => ({ id: `s${seq}`, kind: 'happening', seq, event, also: none, more: 0, what: event.type === 'room.changed' ? otherwise(event.data, about) : '' });

/** The one thing that is otherwise about a room, as far as one can say. @param {any} now @param {any} before null where the window does not show it */
function otherwise(now, before) {
  const all = before ? ['archived', 'name', 'topic', 'kind', 'slow', 'capacity'].filter((what) => (now[what] || '') !== (before[what] || '')) : [];
  if (all.length > 1 || !all.length) return '';
  return all[0] === 'archived' && !now.archived ? 'opened' : ['archived', 'name', 'topic'].includes(all[0]) && now[all[0]] ? all[0] : '';
}

/** @param {Item} item @param {Person} me @returns {Line} */
function posted({ seq, event, reactions = none, pinned = false, quote }, me) {
  const { key, text = '', mentions = none, crowd, edited } = event.data;
  const who = event.actor ?? nobody;
  const own = who.id === me.id;
  return {
    id: own ? `k${key}` : `s${seq}`, kind: 'line', seq, own, first: true, last: true, who,
    text, mentions: crowd ? [...mentions, { id: me.id, name: crowd }] : mentions, time: Date.parse(event.time), stage: 'done', key, code: '',
    erased: event.type === 'message.erased', edited: edited ? Date.parse(edited.time) : 0, pinned, reactions, quote, readers: 0, wait: 0,
  };
}

/** @param {Entry} entry @param {Person} me @returns {Line} */
function pending(entry, me) {
  const stage = entry.stage === 'sent' ? 'done' : entry.stage === 'failed' ? 'failed' : 'sending';
  return {
    id: `k${entry.key}`, kind: 'line', seq: 0, own: true, first: true, last: true, who: me,
    text: entry.text, mentions: none, time: Date.parse(entry.time), stage, key: entry.key, code: entry.code,
    erased: false, edited: 0, pinned: false, reactions: none, quote: entry.quote, readers: 0, wait: entry.code === 'slow_mode' ? entry.wait ?? 0 : 0,
  };
}

/** Marks where groups begin and end. @param {Row[]} all */
function grouped(all) {
  for (let i = 1; i < all.length; i++) {
    const a = all[i - 1];
    const b = all[i];
    if (a.kind !== 'line' || b.kind !== 'line' || a.who.id !== b.who.id || b.time - a.time > together) continue;
    a.last = false;
    b.first = false;
  }
  return all;
}

/** Says whether two rows look the same. @param {Row} a @param {Row} b */
export function same(a, b) {
  const [x, y] = /** @type {any[]} */ ([a, b]);
  return Object.keys(y).every((n) => x[n] === y[n] || n === 'mentions' || n === 'who' || (n === 'also' && String(x[n]) === String(y[n])));
}
