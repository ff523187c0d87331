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
 * The newest unread notification of a room about something that I have read, 0 if there is none.
 * @param {Bell} bell @param {string} room @param {number} seq up to where I have read
 */
export function settledBy(bell, room, seq) {
  const hit = bell.items.find((i) => !i.read && i.event.data.room === room && i.event.data.kind !== 'invitation' && i.event.data.seq <= seq);
  return hit?.seq ?? 0;
}
