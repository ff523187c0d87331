// The shapes of docs/protocol.md, for the type checker. Nothing runs here.

/** @typedef {{ id: string, name: string }} Person */

/**
 * An event's envelope. `data` depends on `type`: docs/events.md lists all. What natter itself did has no actor.
 * @typedef {{ type: string, id: string, scope: string, actor?: Person, time: string, v: number, data: any }} Event
 */

/** @typedef {{ seq: number, event: Event }} Item */
/** @typedef {Item & { read: boolean }} Notification */

/**
 * A room of mine, as GET /api/rooms has it.
 * @typedef {{ id: string, kind: 'public'|'private'|'direct', name: string, peer?: Person, members: number, created: string,
 *   last?: Item, read: number, unread: number, mentions: number }} MyRoom
 */

/** @typedef {Person & { joined: string, read: number }} Member */
/** @typedef {{ items: Item[], position: string, older?: string, newer?: string }} Page */
/** @typedef {{ user: Person, session: string, access_token: string, expires_in: number, time: string }} Grant */
/** @typedef {{ seq: number, position?: string, message?: string, durability?: string }} Ack */

/** A frame from natter: `op` says what it is. @typedef {{ op: string, [member: string]: any }} Frame */

/**
 * The timers of the host, so that tests bring their own.
 * @typedef {{ set(run: () => void, ms: number): any, clear(timer: any): void }} Timers
 */

/** @type {Timers} */
export const hostTimers = { set: (run, ms) => setTimeout(run, ms), clear: (timer) => clearTimeout(timer) };
