// What natter told me: mentions, direct messages, invitations and what concerns my account, newest first.

/** @type {Bell} */
export const silent = { items: [], unread: 0, loading: false, failed: '' };

/**
 * Takes the newest page; what came live since it was read stays.
 * @param {Bell} bell @param {{ items: Notice[], unread: number, older?: string, position: string }} page @returns {Bell}
 */
export function listed(bell, page) {
  const newest = page.items[0]?.seq ?? 0;
  const since = bell.items.filter((i) => i.seq > Math.max(newest, Number(page.position.split('-').at(-1))));
  const unread = page.unread + since.filter((i) => !i.read).length;
  return { items: [...since, ...page.items], unread, older: page.older, loading: false, failed: '' };
}

/** Takes an older page. @param {Bell} bell @param {{ items: Notice[], older?: string }} page @returns {Bell} */
export function continued(bell, page) {
  const last = bell.items.at(-1)?.seq ?? Infinity;
  return { ...bell, items: [...bell.items, ...page.items.filter((i) => i.seq < last)], older: page.older, loading: false, failed: '' };
}

/** Takes a notification as it comes; one that we have changes nothing. @param {Bell} bell @param {Item} item @returns {Bell} */
export function rung(bell, item) {
  if (item.seq <= (bell.items[0]?.seq ?? 0)) return bell;
  return { ...bell, items: [{ ...item, read: false }, ...bell.items], unread: bell.unread + 1 };
}

/** Some device of mine marked them read, up to a sequence, in one room or everywhere. @param {Bell} bell @param {number} upTo @param {string} [room] @returns {Bell} */
export function read(bell, upTo, room) {
  let done = 0;
  const items = bell.items.map((i) => {
    if (i.read || i.seq > upTo || (room && i.event.data.room !== room)) return i;
    done++;
    return { ...i, read: true };
  });
  const all = !room && upTo >= (bell.items[0]?.seq ?? 0);
  return done || all ? { ...bell, items, unread: all ? 0 : Math.max(0, bell.unread - done) } : bell;
}

/**
 * A room's notifications are read as far as the room is; natter knows that
 * without more being said.
 * @param {Bell} bell @param {string} room @param {number} seq @returns {Bell}
 */
export function settled(bell, room, seq) {
  const hit = (/** @type {Notice} */ { read: done, event: { data } }) => !done && data.room === room && data.seq > 0 && data.seq <= seq;
  const n = bell.items.filter(hit).length;
  return n ? { ...bell, items: bell.items.map((i) => (hit(i) ? { ...i, read: true } : i)), unread: Math.max(0, bell.unread - n) } : bell;
}

/** The place of what a notification is about: an edit names the message. @param {Notice} item */
export const placeOf = ({ event: { data } }) => data.message ?? data.seq;

/**
 * The newest unread notification of a room about something that I have read, 0
 * if there is none: of an edit, which stands behind the message that I see.
 * @param {Bell} bell @param {string} room @param {number} seq up to where I have read
 */
export function settledBy(bell, room, seq) {
  const hit = bell.items.find((i) => !i.read && i.event.data.room === room && !['invitation', 'role'].includes(i.event.data.kind) && placeOf(i) <= seq);
  return hit?.seq ?? 0;
}

/**
 * Notifications as they are shown: those of one room and kind that stand
 * together are one, and so are all unread ones. The newest stands for them.
 * @param {Bell} bell @returns {{ id: string, items: Notice[] }[]} newest first
 */
export function grouped({ items }) {
  /** @type {{ id: string, key: string, items: Notice[] }[]} */
  const all = [];
  for (const item of items) {
    const { room = item.seq, kind } = item.event.data;
    const key = kind === 'invitation' || kind === 'role' ? String(item.seq) : `${room} ${kind} ${item.read}`;
    const group = item.read ? all.at(-1) : all.find((g) => g.key === key);
    if (group?.key === key) group.items.push(item);
    else all.push({ id: String(item.seq), key, items: [item] });
  }
  return all;
}
