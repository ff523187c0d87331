import { hushed, tends } from './standing.js';

// What happens to messages after they were posted: edits, deletions, reactions
// and pins. History shows a message as it is now, so all of this may be applied
// to a message that has it already.

const shown = 20; // people whom natter names with a reaction
const longest = 140; // runes of a quote

const kinds = new Set(['message.edited', 'message.deleted', 'message.reacted', 'message.pinned']);

/** Says whether an event changes another one, rather than being a line itself. @param {Item} item */
export const amends = ({ event }) => kinds.has(event.type);

/**
 * Applies what happened to the message that it names, and to the quotes of it.
 * @param {readonly Item[]} items @param {Item} change @returns {readonly Item[]} the same ones where nothing changed
 */
export function amended(items, change) {
  const { seq } = change.event.data;
  let touched = false;
  const next = items.map((item) => {
    const now = item.seq === seq ? apply(item, change) : item.quote?.seq === seq ? requoted(item, change) : item;
    touched ||= now !== item;
    return now;
  });
  return touched ? next : items;
}

/** @param {Item} item @param {Item} change @returns {Item} */
function apply(item, { seq, event }) {
  if (item.event.type === 'message.erased') return item;
  switch (event.type) {
    case 'message.edited': return edited(item, seq, event);
    case 'message.deleted': return erased(item, seq, event);
    case 'message.reacted': return { ...item, reactions: reacted(item.reactions ?? [], event.data, event.actor) };
    case 'message.pinned': return { ...item, pinned: event.data.on };
  }
  return item;
}

/** An older edit than the one that it shows changes nothing. @param {Item} item @param {number} seq @param {Happened} edit @returns {Item} */
function edited(item, seq, { data: { text, mentions }, time }) {
  const { event } = item;
  if (seq <= (event.data.edited?.seq ?? 0)) return item;
  return { ...item, event: { ...event, data: { ...event.data, text, mentions, edited: { seq, time } } } };
}

/** What is left of a deleted message. @param {Item} item @param {number} deleted @param {Happened} deletion @returns {Item} */
function erased({ seq, event }, deleted, { actor }) {
  return { seq, event: { ...event, type: 'message.erased', data: { key: event.data.key, deleted, by: actor } } };
}

/**
 * @param {readonly Reaction[]} all @param {{ emoji: string, on: boolean }} data @param {Person|undefined} actor
 * @returns {readonly Reaction[]}
 */
function reacted(all, { emoji, on }, actor) {
  if (!actor) return all;
  const known = all.find((r) => r.emoji === emoji);
  const there = known?.people.some((p) => p.id === actor.id) ?? false;
  if (on && !known) return all.length >= 20 ? all : [...all, { emoji, count: 1, people: [actor] }];
  if (!known || on === there) return all;
  const people = on ? [...known.people, actor].slice(0, shown) : known.people.filter((p) => p.id !== actor.id);
  const count = known.count + (on ? 1 : -1);
  return all.flatMap((r) => (r !== known ? [r] : count > 0 ? [{ emoji, count, people }] : []));
}

/** A quote says what the quoted message says now. @param {Item} item @param {Item} change @returns {Item} */
function requoted(item, { event }) {
  const quote = /** @type {Quote} */ (item.quote);
  if (event.type === 'message.deleted') return { ...item, quote: { ...quote, excerpt: '', deleted: true } };
  if (event.type === 'message.edited' && !quote.deleted) return { ...item, quote: { ...quote, excerpt: excerpt(event.data.text) } };
  return item;
}

/**
 * A reply as it comes live says what it answers by its place alone: the words
 * are those of the lines that we have, if it is among them.
 * @param {readonly Item[]} items @param {Item} item @returns {Item}
 */
export function answering(items, item) {
  const { reply } = item.event.data;
  if (!reply || item.quote) return item;
  const to = items.find((i) => i.seq === reply.seq)?.event;
  const deleted = to?.type === 'message.erased';
  return { ...item, quote: { ...reply, excerpt: excerpt(to?.data.text ?? ''), ...(deleted && { deleted }) } };
}

/** @param {string} text */
export const excerpt = (text) => [...text.replace(/\s+/g, ' ').trim()].slice(0, longest).join('');

/** Says whether I reacted so. @param {Reaction} reaction @param {string} me */
export const mine = (reaction, me) => reaction.people.some((p) => p.id === me);

/** What I can do with a line, in the order of a menu. @param {Line} row @param {Room} room */
export function possible(row, room, now = Date.now()) {
  const why = hushed(room, now);
  const quiet = why === 'muted' || why === 'archived';
  const pins = !quiet && (tends(room) || room.kind === 'direct');
  const wishes = { reply: !why, edit: row.own && !why, edits: row.edited > 0, copy: true, pin: pins && !row.pinned, unpin: pins && row.pinned, delete: (row.own || tends(room)) && why !== 'archived' };
  return Object.entries(wishes).filter(([, may]) => may).map(([what]) => what);
}

/** The newest message of mine that can be edited. @param {readonly Item[]} items @param {string} me */
export const lastOwn = (items, me) => [...items].reverse().find((i) => i.event.type === 'message.posted' && i.event.actor?.id === me);
