// What a room is and lets me do.

/**
 * Takes what the room is now, or what I may do in it. Whoever looks after all of
 * natter is at least a moderator wherever everybody may come in.
 * @param {Room} room @param {Item} item @param {string} me @param {boolean} staff @returns {Room}
 */
export function changed(room, { event: { type, data } }, me, staff) {
  const { rev, user, ...now } = data;
  if (type === 'room.changed') return { ...room, topic: undefined, capacity: undefined, slow: undefined, archived: undefined, ...now };
  if (user.id !== me) return room;
  const lent = staff && now.role === 'member' && room.kind !== 'private';
  return { ...room, role: lent ? 'moderator' : now.role, muted: now.muted };
}

/** Says whether I look after a room. @param {Room} room */
export const tends = ({ role }) => role === 'owner' || role === 'moderator';

/** Why I cannot write in a room, '' if I can. @param {Room} room @param {number} now @returns {''|'archived'|'muted'|'read_only'} */
export function hushed(room, now) {
  if (room.archived) return 'archived';
  if (Date.parse(room.muted ?? '') > now) return 'muted';
  return room.kind === 'announcement' && !tends(room) ? 'read_only' : '';
}

/** Says whether I may decide about a member: moderators about members, the owner about everybody. @param {Room|undefined} room @param {Member} person */
export const tendable = (room, { role = 'member' }) => room !== undefined && room.kind !== 'direct' && (room.role === 'owner' || (tends(room) && role === 'member'));
