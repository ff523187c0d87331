import { readUpTo, withBell } from './state.js';
import * as bells from './state/bell.js';

/**
 * Tells natter what has been read: the end of the open room, once it stands on
 * a screen that somebody can see, and the notifications about it. Not every
 * line at once, but soon.
 */
export class Reader {
  /**
   * @param {{ store: Store, visible(): boolean, read(room: string, seq: number): void,
   *   notificationsRead(upTo: number, room: string): void, pause?: number }} o
   */
  constructor(o) {
    this.o = o;
    /** @type {Map<string, number>} */
    this.due = new Map();
    /** @type {any} */
    this.timer = null;
    o.store.listen(() => this.look());
  }

  look() {
    const { lines, rooms, follows, up } = this.o.store.state;
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

  /** @param {string} room @param {number} seq */
  #later(room, seq) {
    this.due.set(room, seq);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      for (const [id, upTo] of this.due) this.o.read(id, upTo);
      this.due.clear();
    }, this.o.pause ?? 400);
  }
}
