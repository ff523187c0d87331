// What I wrote and natter does not have yet, oldest first. Each line keeps its
// key from the first try to the last, so that it is one message for ever.

/** A line is tried this often before it turns red. */
export const triesAtMost = 6;

/** @param {Outbox} outbox @param {{ key: string, room: string, text: string, time: string, quote?: Quote }} line @returns {Outbox} */
export const queued = (outbox, line) => [...outbox, { ...line, stage: 'waiting', tries: 0, seq: 0, code: '' }];

/** @param {Outbox} outbox @param {string} key @param {(entry: Entry) => Entry} change @returns {Outbox} */
const changed = (outbox, key, change) => outbox.map((entry) => (entry.key === key ? change(entry) : entry));

/** @param {Outbox} outbox @param {string} key */
export const sending = (outbox, key) => changed(outbox, key, (e) => ({ ...e, stage: 'sending', tries: e.tries + 1, code: '' }));

/** @param {Outbox} outbox @param {string} key @param {number} seq */
export const acked = (outbox, key, seq) => changed(outbox, key, (e) => ({ ...e, stage: 'sent', seq }));

/** The connection went while it was under way: that was no try. @param {Outbox} outbox @param {string} key */
export const interrupted = (outbox, key) => changed(outbox, key, (e) => ({ ...e, stage: 'waiting', tries: e.tries - 1 }));

/** It failed in a way that passes; after some tries all of the room's lines turn red, so that their order is kept. @param {Outbox} outbox @param {string} key @param {string} code @returns {Outbox} */
export function delayed(outbox, key, code) {
  const entry = outbox.find((e) => e.key === key);
  if (!entry || entry.tries < triesAtMost) return changed(outbox, key, (e) => ({ ...e, stage: 'waiting', code }));
  return outbox.map((e) => (e.room === entry.room && e.stage !== 'sent' ? { ...e, stage: 'failed', code } : e));
}

/** The room takes a line of a member every so many seconds: it goes by itself after so many, and that was no try. @param {Outbox} outbox @param {string} key @param {number} seconds */
export const slowed = (outbox, key, seconds) =>
  changed(outbox, key, (e) => ({ ...e, stage: 'waiting', tries: e.stage === 'sending' ? e.tries - 1 : e.tries, code: 'slow_mode', wait: seconds }));

/** natter refused it. @param {Outbox} outbox @param {string} key @param {string} code */
export const refused = (outbox, key, code) => changed(outbox, key, (e) => ({ ...e, stage: 'failed', code }));

/** Tries all red lines of a room again, in their order. @param {Outbox} outbox @param {string} room @returns {Outbox} */
export const retried = (outbox, room) =>
  outbox.map((e) => (e.room === room && e.stage === 'failed' ? { ...e, stage: 'waiting', tries: 0, code: '' } : e));

/** @param {Outbox} outbox @param {string} key @returns {Outbox} */
export const discarded = (outbox, key) => outbox.filter((e) => e.key !== key);

/**
 * Lines that have come out of the log are no longer ours to send.
 * @param {Outbox} outbox @param {string} room @param {readonly Item[]} items @param {string} me
 * @returns {Outbox} the same one where nothing changed
 */
export function arrived(outbox, room, items, me) {
  if (!outbox.some((e) => e.room === room)) return outbox;
  const keys = new Set(items.filter((i) => i.event.actor?.id === me).map((i) => i.event.data.key));
  const last = items.at(-1)?.seq ?? 0;
  const left = outbox.filter((e) => e.room !== room || !(keys.has(e.key) || (e.stage === 'sent' && e.seq <= last)));
  return left.length === outbox.length ? outbox : left;
}

/** The line of a room that may be sent now: the first, unless one is under way or red ones wait for a decision. @param {Outbox} outbox @param {string} room @returns {Entry|undefined} */
export function next(outbox, room) {
  const open = outbox.filter((e) => e.room === room && e.stage !== 'sent');
  const first = open.find((e) => e.stage !== 'failed');
  return first?.stage === 'waiting' ? first : undefined;
}

/** Rooms with something to send. @param {Outbox} outbox */
export const rooms = (outbox) => [...new Set(outbox.filter((e) => e.stage === 'waiting').map((e) => e.room))];
