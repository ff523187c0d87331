import { hostTimers } from './backoff.js';

const often = 2000; // natter passes over what is said more often than this
const shown = 5000; // milliseconds that somebody types, by one word of it

/** Who types: says that I do, and forgets others who no longer do. */
export class Typing {
  /** @param {{ send(room: string): void, tell(room: string, user: string, types: boolean): void, timers?: Timers, now?: () => number }} o */
  constructor(o) {
    this.o = o;
    this.timers = o.timers ?? hostTimers;
    this.now = o.now ?? (() => performance.now());
    this.told = { room: '', at: 0 };
    /** @type {Map<string, any>} */ this.waits = new Map();
  }

  /** I changed what I am writing. @param {string} room @param {string} text */
  wrote(room, text) {
    const at = this.now();
    if (!text.trim() || (room === this.told.room && at - this.told.at < often)) return;
    this.told = { room, at };
    this.o.send(room);
  }

  /** @param {string} room @param {string} user */
  heard(room, user) {
    const key = `${room} ${user}`;
    this.timers.clear(this.waits.get(key));
    this.waits.set(key, this.timers.set(() => {
      this.waits.delete(key);
      this.o.tell(room, user, false);
    }, shown));
    this.o.tell(room, user, true);
  }
}
