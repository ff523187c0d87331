import { backoff, hostTimers } from './client/backoff.js';
import { codeOf, isPassing } from './client/failure.js';
import { readUpTo, withBell } from './state.js';
import * as bells from './state/bell.js';

const pause = 400; // milliseconds in which what is read is told together

/**
 * Tells natter what has been read: the end of the open room, once it stands on
 * a screen that somebody can see, and the notifications about it. Not every
 * line at once, but soon; and until natter has it, for other devices wait for it.
 */
export class Reader {
  /**
   * @param {{ store: Store, visible(): boolean, read(room: string, seq: number): Promise<any>,
   *   notificationsRead(upTo: number, room: string): void, rooms(): void, timers?: Timers, random?: () => number }} o
   * `rooms` asks for the list of rooms anew.
   */
  constructor(o) {
    this.o = o;
    /** @type {any} */ this.asking = null;
    this.asked = 0;
    /** @type {Map<string, number>} */
    this.due = new Map();
    this.timers = o.timers ?? hostTimers;
    /** @type {any} */
    this.timer = null;
    this.failures = 0;
    o.store.listen(() => this.look());
  }

  look() {
    const { phase, lines, rooms, follows, up } = this.o.store.state;
    this.#doubt(up && [...rooms.values()].some((r) => r.tally.ask));
    if (phase === 'out') this.due.clear(); // whoever comes next has read nothing of it
    if (up && this.due.size) this.#soon(pause);
    const room = lines && rooms.get(lines.room);
    if (!lines || !room || !up || !follows || !lines.live || lines.loading === 'first' || !this.o.visible()) return;
    const last = lines.items.at(-1)?.seq ?? 0;
    if (last > room.read) {
      this.o.store.apply(readUpTo, room.id, last);
      this.#later(room.id, last);
    }
    const upTo = bells.settledBy(this.o.store.state.bell, room.id, last);
    if (upTo) {
      this.o.store.apply(withBell, (bell) => bells.read(bell, upTo, room.id));
      this.o.notificationsRead(upTo, room.id);
    }
  }

  /** Asks for the counts where what happened does not tell them; more and more rarely while that does not help. @param {boolean} doubtful */
  #doubt(doubtful) {
    if (!doubtful) this.asked = 0;
    else this.asking ??= this.timers.set(() => {
      this.asking = null;
      if (this.o.store.state.up) this.o.rooms();
    }, this.asked++ ? pause + backoff(this.asked, this.o.random) : pause);
  }

  /** @param {string} room @param {number} seq */
  #later(room, seq) {
    this.due.set(room, seq);
    this.#soon(pause);
  }

  /** @param {number} ms */
  #soon(ms) {
    this.timer ??= this.timers.set(() => this.#send(), ms);
  }

  async #send() {
    await Promise.all([...this.due].map(([room, seq]) => this.#tell(room, seq)));
    this.timer = null;
    if (!this.due.size) this.failures = 0;
    else if (this.o.store.state.up) this.#soon(pause + backoff(this.failures, this.o.random));
  }

  /** Tells one, and forgets it unless that may succeed later. @param {string} room @param {number} seq */
  async #tell(room, seq) {
    const code = await this.o.read(room, seq).then(() => '', codeOf);
    if (code) this.failures++;
    if (this.due.get(room) === seq && !isPassing(code)) this.due.delete(room);
  }
}
