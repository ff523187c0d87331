import { hostTimers } from './backoff.js';

const atOnce = 500; // rooms in one watch frame
const unused = 5 * 60_000; // a page that nobody touches for so long says that its person is away

/**
 * Who is there in the rooms that are shown: watches them as soon as they are
 * subscribed to, and again where a change was left out.
 */
export class Presence {
  /**
   * @param {{ send(op: string, members: object): void, follows(room: string): boolean, onPresence(frame: Frame): void, soon?: (run: () => void) => void }} o
   * `follows` says whether a room's subscription stands.
   */
  constructor(o) {
    this.o = o;
    this.soon = o.soon ?? ((run) => queueMicrotask(run));
    /** @type {ReadonlySet<string>} */ this.wanted = new Set();
    /** The last change that we have of each room that is watched. @type {Map<string, number>} */
    this.heard = new Map();
    /** @type {Set<string>} */ this.due = new Set();
  }

  /** Watches these rooms and no others. @param {ReadonlySet<string>} rooms */
  want(rooms) {
    const before = this.wanted;
    this.wanted = rooms;
    const over = [...this.heard.keys()].filter((room) => !rooms.has(room));
    over.forEach((room) => this.heard.delete(room));
    for (let i = 0; i < over.length; i += atOnce) this.o.send('unwatch', { rooms: over.slice(i, i + atOnce) });
    for (const room of rooms) if (!before.has(room) && this.o.follows(room)) this.#watch(room);
  }

  /** A subscription stands anew, and a watch ends with the one before. @param {string} room */
  subscribed(room) {
    this.heard.delete(room);
    if (this.wanted.has(room)) this.#watch(room);
  }

  /** The connection is gone, and with it all that was watched. */
  down() {
    this.heard.clear();
  }

  /** @param {Frame} frame present or presence */
  frame(frame) {
    const { op, room, n } = frame;
    if (!this.wanted.has(room)) return;
    const last = this.heard.get(room);
    if (op === 'presence') {
      if (last === undefined || n <= last) return;
      if (n > last + 1) return this.subscribed(room);
    }
    this.heard.set(room, n);
    this.o.onPresence(frame);
  }

  /** Asks for all rooms that come up in one go with one frame. @param {string} room */
  #watch(room) {
    this.due.add(room);
    if (this.due.size > 1) return;
    this.soon(() => {
      const rooms = [...this.due].filter((r) => this.wanted.has(r));
      this.due.clear();
      for (let i = 0; i < rooms.length; i += atOnce) this.o.send('watch', { rooms: rooms.slice(i, i + atOnce) });
    });
  }
}

/** Whether somebody looks at this page: away while it is hidden, or untouched for some minutes. */
export class Attention {
  /** @param {{ visible(): boolean, say(state: 'here'|'away'): void, timers?: Timers }} o */
  constructor(o) {
    this.o = o;
    this.timers = o.timers ?? hostTimers;
    /** @type {any} */ this.timer = null;
    /** @type {'here'|'away'} */ this.state = 'here';
    this.look();
  }

  /** A new socket is here, unless it is told otherwise. */
  up() {
    if (this.state === 'away') this.o.say('away');
  }

  /** Somebody touched the page, or came back to it; or it was hidden. */
  look() {
    this.timers.clear(this.timer);
    if (!this.o.visible()) return this.#turn('away');
    this.timer = this.timers.set(() => this.#turn('away'), unused);
    this.#turn('here');
  }

  /** @param {'here'|'away'} state */
  #turn(state) {
    if (state === this.state) return;
    this.state = state;
    this.o.say(state);
  }
}
