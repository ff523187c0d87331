import { positionAt } from '../client/position.js';
import { amended, amends, answering } from './messages.js';

// The lines of the open room: a window on its history. It holds a bounded
// number of lines however long the room is: what scrolls out of it at one end
// is let go, and read again when one comes back.

/** The most lines that a window holds. */
export const most = 300;

/** The target that is the end of a room. */
export const theEnd = -1;

/** @param {string} room @param {number} mark @param {number} [target] a line's sequence, theEnd, or 0 for where one left off @returns {Lines} */
export function opened(room, mark, target = 0) {
  return { room, items: [], live: false, loading: 'first', held: [], mark, at: '', failed: null, target, visit: {} };
}

/** @param {Lines} lines @param {Loading} what @returns {Lines} */
export const loading = (lines, what) => ({ ...lines, loading: what, failed: null, held: [] });

/** @param {Lines} lines @param {Loading} what @param {string} code @returns {Lines} */
export const failed = (lines, what, code) => ({ ...lines, loading: '', failed: { what, code } });

/**
 * Takes the page that was asked for. A page without `newer` is complete up to
 * the moment of the request; what was held since continues it.
 * @param {Lines} lines @param {Page} page @returns {Lines}
 */
export function paged(lines, page) {
  const changes = lines.held.filter(amends);
  const next = settled({ ...lines, loading: '', at: page.position, held: lines.held.filter((i) => !amends(i)) }, page, lines.loading);
  return changes.length ? { ...next, items: changes.reduce(amended, next.items) } : next;
}

/** Joins a page with the lines that there are. @param {Lines} lines @param {Page} page @param {Loading} what @returns {Lines} */
function settled(lines, page, what) {
  const next = { ...lines, held: [] };
  if (what === 'older') return trimmedAtEnd({ ...next, items: [...page.items, ...lines.items], older: page.older });
  const before = what === 'newer' ? lines.items : [];
  const all = { ...next, items: [...before, ...page.items], newer: page.newer, older: what === 'newer' ? lines.older : page.older };
  if (page.newer) return trimmedAtStart(all);
  const last = all.items.at(-1)?.seq ?? 0;
  return trimmedAtStart({ ...all, live: true, items: [...all.items, ...lines.held.filter((i) => i.seq > last).map((i) => answering(all.items, i))] });
}

/** Takes an event of the room as it happens. @param {Lines} lines @param {Item} item @param {boolean} follows whether the person sees the end @returns {Lines} */
export function witnessed(lines, item, follows) {
  if (amends(item)) return changed(lines, item);
  if (lines.loading === 'first' || lines.loading === 'newer') return { ...lines, held: [...lines.held, item] };
  const last = lines.items.at(-1)?.seq ?? 0;
  if (!lines.live || item.seq <= last) return lines;
  const next = { ...lines, items: [...lines.items, answering(lines.items, item)] };
  if (follows) return trimmedAtStart(next);
  return next.items.length <= 2 * most ? next : { ...lines, live: false, newer: positionAt(lines.at, last) };
}

/** What became of a message that is in the window, or that a page under way may bring as it was. @param {Lines} lines @param {Item} change @returns {Lines} */
function changed(lines, change) {
  const items = amended(lines.items, change);
  const held = lines.loading ? [...lines.held, change] : lines.held;
  return items === lines.items && held === lines.held ? lines : { ...lines, items, held };
}

/** @param {Lines} lines @returns {Lines} */
function trimmedAtStart(lines) {
  if (lines.items.length <= most) return lines;
  const items = lines.items.slice(-most);
  return { ...lines, items, older: positionAt(lines.at, items[0].seq) };
}

/** @param {Lines} lines @returns {Lines} */
function trimmedAtEnd(lines) {
  if (lines.items.length <= most) return lines;
  const items = lines.items.slice(0, most);
  return { ...lines, items, live: false, newer: positionAt(lines.at, items[most - 1].seq) };
}
