import { backoff, hostTimers } from './client/backoff.js';
import { codeOf, isPassing } from './client/failure.js';
import { withOutbox } from './state.js';
import * as outboxes from './state/outbox.js';

/**
 * Sends what is in the outbox: in every room one line at a time, so that their
 * order is kept whatever fails, and always with the line's own key.
 */
export class Sender {
  /**
   * @param {{ store: Store, post(entry: Entry): Promise<{ seq: number }>, timers?: Timers, random?: () => number }} o
   */
  constructor(o) {
    this.o = o;
    this.timers = o.timers ?? hostTimers;
    /** Rooms with a line under way, or waiting before the next try. @type {Set<string>} */
    this.busy = new Set();
    o.store.listen((state) => this.push(state));
  }

  /** Sends what may be sent now. @param {State} state */
  push(state) {
    if (!state.up) return;
    for (const room of outboxes.rooms(state.outbox)) {
      const entry = this.busy.has(room) ? undefined : outboxes.next(state.outbox, room);
      if (entry) this.#send(entry);
    }
  }

  /** @param {Entry} entry */
  async #send(entry) {
    this.busy.add(entry.room);
    this.#apply(outboxes.sending, entry.key);
    try {
      const ack = await this.o.post(entry);
      this.busy.delete(entry.room);
      this.#apply(outboxes.acked, entry.key, ack.seq);
    } catch (error) {
      const { after = 0 } = /** @type {any} */ (error);
      if (codeOf(error) === 'slow_mode') this.#slow(entry, Math.max(1, Math.ceil(after / 1000)));
      else this.#failed(entry, codeOf(error));
    }
  }

  /** The room is slow: the line counts the seconds, and goes by itself; what follows it waits behind it. @param {Entry} entry @param {number} seconds */
  #slow(entry, seconds) {
    const there = this.o.store.state.outbox.some((e) => e.key === entry.key);
    if (there && seconds > 0) {
      this.#apply(outboxes.slowed, entry.key, seconds);
      this.timers.set(() => this.#slow(entry, seconds - 1), 1000);
      return;
    }
    this.busy.delete(entry.room);
    this.push(this.o.store.state);
  }

  /** @param {Entry} entry @param {string} code */
  #failed(entry, code) {
    if (code === 'offline' || !isPassing(code)) {
      this.busy.delete(entry.room);
      if (code === 'offline') this.#apply(outboxes.interrupted, entry.key);
      else this.#apply(outboxes.refused, entry.key, code);
      return;
    }
    this.#apply(outboxes.delayed, entry.key, code);
    this.timers.set(() => {
      this.busy.delete(entry.room);
      this.push(this.o.store.state);
    }, backoff(entry.tries, this.o.random));
  }

  /**
   * @template {any[]} A
   * @param {(outbox: Outbox, ...args: A) => Outbox} change
   * @param {A} args
   */
  #apply(change, ...args) {
    this.o.store.apply(withOutbox, (outbox) => change(outbox, ...args));
  }
}
