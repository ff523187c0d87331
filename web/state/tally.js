// What I have not read of a room, counted exactly as docs/protocol.md says
// under Reading: from counts that natter gave, by the room's events and my
// markers. The same rule as chat/unread.go, with the same tests.

/** Counts go up to here, which means as many or more. */
export const bound = 100;

/** @type {ReadonlySet<number>} */
const none = new Set();

/** Begins with counts for a marker. @param {number} read @param {Counts} base @returns {Tally} */
export const begun = (read, base) => ({ read, ask: false, amended: 0, base, fresh: [], pointed: none, gone: none });

/** @param {Tally} t */
export const unreadOf = (t) => Math.min(bound, t.base.unread + t.fresh.length);

/** @param {Tally} t */
export const mentionsOf = (t) => [...t.base.mentioned, ...t.fresh.filter((m) => m.mention).map((m) => m.seq)].slice(-bound);

/** Up to where nothing is unread. @param {Tally} t */
const floor = (t) => Math.max(t.read, t.base.since);

/** Counts from these on. @param {Tally} t @param {Counts} base @returns {Tally} */
const restarted = (t, base) => ({ ...t, base, pointed: none, gone: none });

/** @param {number} since @param {number} at @returns {Counts} */
const nothing = (since, at) => ({ since, at, unread: 0, mentioned: [] });

/**
 * Takes counts for a marker: of a list of rooms, or of my own marker. An older
 * marker, and counts that end before those at hand for the same one, tell
 * nothing new.
 * @param {Tally} t @param {number} read @param {Counts} counts @returns {Tally}
 */
export function counted(t, read, counts) {
  const older = counts.at < t.base.at;
  if (read < t.read || (read === t.read && older)) return t;
  if (older && read < t.base.at) return marked(t, read);
  // All that was only counted is read, where the counts end before those at hand.
  const base = older ? nothing(read, t.base.at) : counts;
  // An edit or deletion that was heard since may be of what is only counted now.
  return { ...restarted(t, base), read, ask: base.at < t.amended, fresh: t.fresh.filter((m) => m.seq > Math.max(base.at, read)) };
}

/** Takes a marker of mine without counts. It only grows. @param {Tally} t @param {number} read @returns {Tally} */
export function marked(t, read) {
  if (read <= t.read) return t;
  const next = { ...t, read, fresh: t.fresh.filter((m) => m.seq > read) };
  if (!t.base.unread) return next;
  return read < t.base.at ? { ...next, ask: true } : restarted(next, nothing(read, t.base.at));
}

/** I have read the newest message that there is: whatever was counted is read. @param {Tally} t @param {number} read @returns {Tally} */
export const readAll = (t, read) => (read <= t.read ? t : restarted({ ...t, read, fresh: t.fresh.filter((m) => m.seq > read) }, nothing(Math.max(read, t.base.since), t.base.at)));

/** Takes the room's next event. @param {Tally} t @param {Item} item @param {string} me @returns {Tally} */
export function happened(t, { seq, event: { type, actor, data, v } }, me) {
  if (seq <= t.base.at || v > 1) return t;
  const next = type === 'message.edited' || type === 'message.deleted' ? { ...t, amended: Math.max(t.amended, seq) } : t;
  switch (type) {
    case 'member.joined': // what was said before is not unread
      return data.user.id === me ? { ...restarted(t, nothing(seq, seq)), fresh: [], ask: false } : t;
    case 'message.posted':
      return actor?.id !== me && seq > floor(t) ? { ...t, fresh: [...t.fresh, { seq, mention: names(data, me) }] } : t;
    case 'message.edited':
      return actor?.id === me ? next : edited(next, data.seq, names(data, me));
    case 'message.deleted':
      return data.user?.id === me ? next : deleted(next, data.seq);
  }
  return t;
}

/** Says whether a message of somebody else mentions me. @param {any} data @param {string} me */
const names = (data, me) => data.crowd === 'room' || (data.mentions ?? []).some((/** @type {Person} */ p) => p.id === me);

/** @param {Tally} t @param {number} seq @param {boolean} mention whether it mentions me now @returns {Tally} */
function edited(t, seq, mention) {
  if (seq <= floor(t) || t.gone.has(seq)) return t;
  if (seq > t.base.at) return { ...t, fresh: t.fresh.map((m) => (m.seq === seq ? { seq, mention } : m)) };
  const known = t.base.mentioned.includes(seq);
  if (mention) return known ? t : { ...t, ask: true, pointed: new Set([...t.pointed, seq]) };
  if (known) return unmentioned(t, seq);
  // An older one may have been among those not listed.
  return { ...t, pointed: without(t.pointed, seq), ask: t.ask || t.base.mentioned.length >= bound };
}

/** Takes a message away, which happens once. @param {Tally} t @param {number} seq @returns {Tally} */
function deleted(t, seq) {
  if (seq <= floor(t)) return t;
  if (seq > t.base.at) return { ...t, fresh: t.fresh.filter((m) => m.seq !== seq) };
  if (t.base.unread >= bound) return { ...t, ask: true }; // how many more there were, nobody said
  const less = { ...t, gone: new Set([...t.gone, seq]), pointed: without(t.pointed, seq), base: { ...t.base, unread: Math.max(0, t.base.unread - 1) } };
  return t.base.mentioned.includes(seq) ? unmentioned(less, seq) : less;
}

/** Where the list of mentions was full, another comes to light. @param {Tally} t @param {number} seq @returns {Tally} */
const unmentioned = (t, seq) => ({ ...t, ask: t.ask || t.base.mentioned.length >= bound, base: { ...t.base, mentioned: t.base.mentioned.filter((m) => m !== seq) } });

/** @param {ReadonlySet<number>} all @param {number} seq */
const without = (all, seq) => new Set([...all].filter((s) => s !== seq));
