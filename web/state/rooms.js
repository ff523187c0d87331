import { amended, amends } from './messages.js';
import { changed } from './standing.js';

// The rooms that I am in, as the list shows them.

/** Unread lines are shown up to here; natter counts no further. */
export const counted = 100;

/**
 * Takes a fresh list of my rooms, true up to the sequence upTo.
 * @param {Rooms} rooms @param {MyRoom[]} list @param {number} upTo @returns {Rooms}
 */
export function listed(rooms, list, upTo) {
  return new Map(list.map((room) => [room.id, merged(rooms.get(room.id), room, upTo)]));
}

/** @param {Room|undefined} old @param {MyRoom} room @param {number} upTo @returns {Room} */
function merged(old, room, upTo) {
  const { unread, mentions, ...rest } = room;
  const next = { ...rest, base: { unread, mentions, upTo }, fresh: (old?.fresh ?? []).filter((f) => f.seq > upTo) };
  if (!old) return next;
  const last = (old.last?.seq ?? 0) > (next.last?.seq ?? 0) ? old.last : next.last;
  return readUpTo({ ...next, last }, old.read);
}

/**
 * Takes an event of a room. My own joining changes no count: a list that has
 * the room has counted me.
 * @param {Room} room @param {Item} item @param {string} me @param {boolean} [staff] whether I look after all of natter @returns {Room}
 */
export function witnessed(room, item, me, staff = false) {
  const { type, actor, data } = item.event;
  if (type === 'room.changed' || type === 'member.changed') return item.seq > room.base.upTo ? changed(room, item, me, staff) : room;
  const moved = type === 'member.joined' ? 1 : type === 'member.left' ? -1 : 0;
  if (moved) return item.seq > room.base.upTo && data.user.id !== me ? { ...room, members: Math.max(0, room.members + moved) } : room;
  if (amends(item)) return amendedRoom(room, item);
  if (type !== 'message.posted') return room;
  const next = { ...room, last: (room.last?.seq ?? 0) < item.seq ? item : room.last };
  if (actor?.id === me) return next;
  if (item.seq <= room.read || item.seq <= room.base.upTo) return next;
  const fresh = { seq: item.seq, mention: mentions(data, me) || data.crowd !== undefined };
  return { ...next, fresh: [...room.fresh, fresh].slice(-2 * counted) };
}

/** The last message may have changed, and one that was deleted is not unread any more. @param {Room} room @param {Item} item @returns {Room} */
function amendedRoom(room, item) {
  const last = room.last && amended([room.last], item)[0];
  const gone = item.event.type === 'message.deleted' && room.fresh.some((f) => f.seq === item.event.data.seq);
  if (last === room.last && !gone) return room;
  return { ...room, last, fresh: gone ? room.fresh.filter((f) => f.seq !== item.event.data.seq) : room.fresh };
}

/** @param {any} data @param {string} me */
const mentions = (data, me) => (data.mentions ?? []).some((/** @type {Person} */ p) => p.id === me);

/**
 * Takes my read marker, from here or from another device. It only grows.
 * @param {Room} room @param {number} seq @returns {Room}
 */
export function readUpTo(room, seq) {
  if (seq <= room.read) return room;
  const whole = seq >= Math.min(room.base.upTo, room.last?.seq ?? 0);
  return {
    ...room,
    read: seq,
    base: whole ? { ...room.base, unread: 0, mentions: 0 } : room.base,
    fresh: room.fresh.filter((f) => f.seq > seq),
  };
}

/** @param {Room} room */
export const unread = (room) => Math.min(counted, room.base.unread + room.fresh.length);

/** @param {Room} room */
export const mentioned = (room) => Math.min(counted, room.base.mentions + room.fresh.filter((f) => f.mention).length);

/** When something last happened in a room, in milliseconds. @param {Room} room */
export const activity = (room) => Date.parse(room.last?.event.time ?? room.created);

/** My rooms, latest activity first. @param {Rooms} rooms */
export const sorted = (rooms) => [...rooms.values()].sort((a, b) => activity(b) - activity(a) || (a.id < b.id ? 1 : -1));

/** What a room is called. @param {Room} room */
export const title = (room) => (room.kind === 'direct' ? room.peer?.name ?? '' : room.name);

/**
 * Rooms whose name contains the text, those that begin with it first.
 * @param {readonly Room[]} rooms @param {string} text
 */
export function found(rooms, text) {
  const wanted = fold(text.trim().replace(/^@/, ''));
  if (!wanted) return [...rooms];
  const hits = rooms.filter((room) => fold(title(room)).includes(wanted));
  return hits.sort((a, b) => Number(fold(title(b)).startsWith(wanted)) - Number(fold(title(a)).startsWith(wanted)));
}

/** @param {string} text */
const fold = (text) => text.normalize('NFKC').toLowerCase();
