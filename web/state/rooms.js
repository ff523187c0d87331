import { amended, amends } from './messages.js';
import { changed } from './standing.js';
import { begun, counted, happened, marked, mentionsOf, readAll, unreadOf } from './tally.js';

// The rooms that I am in, as the list shows them.

/**
 * Takes a fresh list of my rooms, true up to a position.
 * @param {Rooms} rooms @param {MyRoom[]} list @param {{ life: string, seq: number }} position @returns {Rooms}
 */
export function listed(rooms, list, position) {
  return new Map(list.map((room) => [room.id, merged(rooms.get(room.id), room, position)]));
}

/** @param {Room|undefined} old @param {MyRoom} room @param {{ life: string, seq: number }} position @returns {Room} */
function merged(old, room, { life, seq }) {
  const { unread, mentions, mentioned = [], since = room.read, at = seq, ...rest } = room;
  const counts = { since, at, unread, mentioned };
  const fresh = { ...rest, life, upTo: seq, tally: begun(room.read, counts) };
  if (old?.life !== life) return fresh; // in another life of the log everything has other numbers
  const last = (old.last?.seq ?? 0) > (room.last?.seq ?? 0) ? old.last : room.last;
  return withTally({ ...fresh, last }, counted(old.tally, room.read, counts));
}

/** @param {Room} room @param {Tally} tally @returns {Room} */
const withTally = (room, tally) => (tally === room.tally ? room : { ...room, tally, read: tally.read });

/**
 * Takes an event of a room. My own joining does not change how many are in it:
 * a list that has the room has counted me.
 * @param {Room} room @param {Item} item @param {string} me @param {boolean} [staff] whether I look after all of natter @returns {Room}
 */
export function witnessed(room, item, me, staff = false) {
  const { type, data } = item.event;
  if (type === 'room.changed' || type === 'member.changed') return item.seq > room.upTo ? changed(room, item, me, staff) : room;
  const told = withTally(room, happened(room.tally, item, me));
  const moved = type === 'member.joined' ? 1 : type === 'member.left' ? -1 : 0;
  if (moved) return item.seq > room.upTo && data.user.id !== me ? { ...told, members: Math.max(0, room.members + moved) } : told;
  const last = amends(item) ? told.last && amended([told.last], item)[0]
    : type === 'message.posted' && (told.last?.seq ?? 0) < item.seq ? item : told.last;
  return last === told.last ? told : { ...told, last };
}

/**
 * I have read the room up to here, on this device. What that leaves unread
 * natter says with the marker, if it is anything at all.
 * @param {Room} room @param {number} seq @returns {Room}
 */
export function readUpTo(room, seq) {
  return withTally(room, seq >= (room.last?.seq ?? 0) ? readAll(room.tally, seq) : marked(room.tally, seq));
}

/** Takes a marker of mine as natter tells it to all my devices. @param {Room} room @param {Frame} marker @returns {Room} */
export function markedBy(room, { seq, at, since = seq, unread, mentioned = [] }) {
  return withTally(room, at === undefined ? marked(room.tally, seq) : counted(room.tally, seq, { since, at, unread, mentioned }));
}

/** @param {Room} room */
export const unread = (room) => unreadOf(room.tally);

/** @param {Room} room */
export const mentioned = (room) => mentionsOf(room.tally).length;

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
