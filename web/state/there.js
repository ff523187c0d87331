// Who is there, room by room, as natter tells it.

/** @typedef {ReadonlyMap<string, There>} Presences */

/** @type {Standing} */
const offline = { state: 'offline' };

/** Takes who is there, or that somebody came or went. @param {Presences} all @param {Frame} frame @returns {Presences} */
export function told(all, { op, room, people, user, state, seen, here, away }) {
  if (here !== undefined) return new Map(all).set(room, { people: null, here, away });
  if (op === 'present') return new Map(all).set(room, { people: new Map((people ?? []).map((/** @type {any} */ p) => [p.user, { state: p.state, seen: p.seen }])), here: 0, away: 0 });
  const known = all.get(room)?.people;
  return known ? new Map(all).set(room, { people: new Map(known).set(user, { state, seen }), here: 0, away: 0 }) : all;
}

/** How somebody is in a room; undefined where natter does not say it person by person. @param {Presences} all @param {string} room @param {string} user */
export function standing(all, room, user) {
  const known = all.get(room)?.people;
  return known ? known.get(user) ?? offline : undefined;
}

/** Somebody in a room types, or no more. @param {readonly string[]} typing @param {string} user @param {boolean} types @returns {readonly string[]} */
export function typed(typing, user, types) {
  if (types === typing.includes(user)) return typing;
  return types ? [...typing, user] : typing.filter((u) => u !== user);
}
