// All that the page knows, as one value, and what changes it. Every function
// here takes a state and returns the next; nothing else is touched.

import * as bells from './state/bell.js';
import * as windows from './state/lines.js';
import * as outboxes from './state/outbox.js';
import * as roomlist from './state/rooms.js';
import * as there from './state/there.js';
import { parsePosition } from './client/position.js';

/** @type {State} */
export const initial = {
  phase: 'starting', farewell: '', me: null, account: null, newcomer: false, up: false, crowded: false, downSince: 0, unreachable: false,
  rooms: new Map(), roomsKnown: false, roomsFailed: '', lines: null, aim: null, readers: null, follows: true, presence: new Map(), typing: [], outbox: [], bell: bells.silent,
  members: new Map(), shownOut: null, route: { room: '', pane: 'rooms', seq: 0 },
};

/** Somebody has logged in. @param {State} state @param {Person} me @param {boolean} newcomer @param {Outbox} outbox @returns {State} */
export const entered = (state, me, newcomer, outbox) => ({ ...state, phase: 'in', farewell: '', unreachable: false, me, newcomer, outbox });

/** Nobody is logged in any more. @param {State} _ @param {string} farewell @returns {State} */
export const left = (_, farewell) => ({ ...initial, phase: 'out', farewell });

/** @param {State} state @param {Account} account @returns {State} */
export const withAccount = (state, account) => ({ ...state, account });

/** @param {State} state @param {boolean} up @param {number} now @param {boolean} [crowded] @returns {State} */
export const connected = (state, up, now, crowded = false) => ({ ...state, up, crowded, downSince: up ? 0 : state.downSince || now });

/** Takes the list of my rooms. @param {State} state @param {{ rooms: MyRoom[], position: string }} list @returns {State} */
export function listed(state, list) {
  return { ...state, rooms: roomlist.listed(state.rooms, list.rooms, parsePosition(list.position)), roomsKnown: true, roomsFailed: '', shownOut: list.rooms.some((r) => r.id === state.shownOut?.room) ? null : state.shownOut };
}

/** Takes an event of a room. @param {State} state @param {string} id @param {Item} item @returns {State} */
export function witnessed(state, id, item) {
  const me = state.me?.id ?? '';
  const room = state.rooms.get(id);
  const next = { ...state, outbox: outboxes.arrived(state.outbox, id, [item], me) };
  if (room) next.rooms = withRoom(state, roomlist.witnessed(room, item, me, (state.account?.role ?? 'member') !== 'member'));
  if (state.lines?.room === id) next.lines = windows.witnessed(state.lines, item, state.follows);
  const { type, actor, data } = item.event;
  if (type === 'message.posted' && actor && state.lines?.room === id) next.typing = there.typed(state.typing, actor.id, false);
  if (room && type === 'member.left' && data.how && data.user.id === me) next.shownOut = { ...data, room: id, name: room.name };
  return { ...next, members: gathered(state.members, id, item) };
}

/** @param {State} state @param {Room} room */
const withRoom = (state, room) => new Map(state.rooms).set(room.id, room);

/** I have read a room up to here, on this device. @param {State} state @param {string} id @param {number} seq @returns {State} */
export const readUpTo = (state, id, seq) => haveRead(state, id, (room) => roomlist.readUpTo(room, seq));

/** Takes a marker of mine, from any of my devices. @param {State} state @param {Frame} marker @returns {State} */
export const marked = (state, marker) => haveRead(state, marker.room, (room) => roomlist.markedBy(room, marker));

/** What is read of a room takes its notifications along. @param {State} state @param {string} id @param {(room: Room) => Room} change @returns {State} */
function haveRead(state, id, change) {
  const room = state.rooms.get(id);
  const next = room && change(room);
  return !next || next === room ? state : { ...state, rooms: withRoom(state, next), bell: bells.settled(state.bell, id, next.read) };
}

/** Takes a notification; it may be of what I have just read. @param {State} state @param {Item} item @returns {State} */
export function rung(state, item) {
  const { room } = item.event.data;
  return { ...state, bell: bells.settled(bells.rung(state.bell, item), room, state.rooms.get(room)?.read ?? 0) };
}

/** What I am told of a room, as I chose on some device. @param {State} state @param {string} id @param {Level} level @returns {State} */
export function levelled(state, id, level) {
  const room = state.rooms.get(id);
  return room && room.level !== level ? { ...state, rooms: withRoom(state, { ...room, level }) } : state;
}

/** I am no longer in a room. @param {State} state @param {string} id @returns {State} */
export function departed(state, id) {
  const rooms = new Map(state.rooms);
  rooms.delete(id);
  const members = new Map(state.members);
  members.delete(id);
  return { ...state, rooms, members, lines: state.lines?.room === id ? null : state.lines, outbox: state.outbox.filter((e) => e.room !== id) };
}

/**
 * Opens a room where one left off, at one line, or at its end. Whether one then
 * follows is known when the lines are on the screen.
 * @param {State} state @param {string} id @param {number} [target] @returns {State}
 */
export function opened(state, id, target = 0) {
  const read = state.rooms.get(id)?.read ?? 0;
  return { ...state, lines: windows.opened(id, read, target), follows: false, typing: state.lines?.room === id ? state.typing : [], aim: state.aim?.room === id ? state.aim : null, readers: state.readers?.room === id ? state.readers : null };
}

/** Takes who has read the open room up to where. @param {State} state @param {string} room @param {{ user: string, seq: number }[]} markers @returns {State} */
export function withReaders(state, room, markers) {
  const seqs = new Map(markers.filter((m) => m.user !== state.me?.id).map((m) => [m.user, m.seq]));
  return { ...state, readers: { room, seqs } };
}

/** Somebody else has read a room up to here. @param {State} state @param {string} room @param {string} user @param {number} seq @returns {State} */
export function readBy(state, room, user, seq) {
  const { readers, me } = state;
  if (readers?.room !== room || user === me?.id || seq <= (readers.seqs.get(user) ?? 0)) return state;
  return { ...state, readers: { room, seqs: new Map(readers.seqs).set(user, seq) } };
}

/** Somebody in a room types, or no more. @param {State} state @param {string} room @param {string} user @param {boolean} types @returns {State} */
export function typed(state, room, user, types) {
  const typing = state.lines?.room === room ? there.typed(state.typing, user, types) : state.typing;
  return typing === state.typing ? state : { ...state, typing };
}

/** Takes who is there. @param {State} state @param {Frame} frame @returns {State} */
export const present = (state, frame) => ({ ...state, presence: there.told(state.presence, frame) });

/** @param {State} state @param {Aim|null} aim what the composer is about @returns {State} */
export const aimed = (state, aim) => ({ ...state, aim });

/** Changes the open room's lines, if it is still that room. @param {State} state @param {string} id @param {(lines: Lines) => Lines} change @returns {State} */
export function withLines(state, id, change) {
  if (state.lines?.room !== id) return state;
  const lines = change(state.lines);
  return { ...state, lines, outbox: outboxes.arrived(state.outbox, id, lines.items, state.me?.id ?? '') };
}

/** @param {State} state @param {(outbox: Outbox) => Outbox} change @returns {State} */
export const withOutbox = (state, change) => ({ ...state, outbox: change(state.outbox) });

/** @param {State} state @param {(bell: Bell) => Bell} change @returns {State} */
export const withBell = (state, change) => ({ ...state, bell: change(state.bell) });

/** @type {Members} */
const nobody = { items: [], next: '', loading: false, failed: '' };

/** @param {State} state @param {string} id @param {(members: Members) => Members} change @returns {State} */
export const withMembers = (state, id, change) => ({ ...state, members: new Map(state.members).set(id, change(state.members.get(id) ?? nobody)) });

const moves = new Set(['member.joined', 'member.left', 'member.changed']);

/** Members come, go and change as the room's events say. @param {ReadonlyMap<string, Members>} all @param {string} id @param {Item} item */
function gathered(all, id, { event }) {
  const known = all.get(id);
  if (!known || !moves.has(event.type)) return all;
  const { user, role = 'member', muted } = event.data;
  const others = known.items.filter((m) => m.id !== user.id);
  const was = known.items.find((m) => m.id === user.id) ?? { ...user, joined: event.time, read: 0 };
  if (event.type === 'member.changed' && was.joined === event.time) return all; // somebody whom we did not list yet
  const items = event.type === 'member.left' ? others : [...others, { ...was, role, muted }];
  return new Map(all).set(id, { ...known, items });
}
