import { backoff, hostTimers } from './backoff.js';
import { Failure, codeOf } from './failure.js';

/** @typedef {{ resolve(frame: Frame): void, reject(error: Failure): void, timer: any }} Waiting */

const silence = 20_000; // after this much silence we ask whether somebody is there
const patience = 10_000; // for a welcome, a pong and an answer

/**
 * What to do after a close: come back (after how long, with a new token?) or not.
 * @param {number} code the close code, 0 for a connection that went silent
 * @param {number|undefined} told what `bye` said in milliseconds
 * @param {number} attempt failed attempts so far
 * @param {() => number} random
 * @returns {{ over: boolean, after: number, fresh: boolean }}
 */
export function afterClose(code, told, attempt, random) {
  const plan = { over: code === 4403, after: told ?? backoff(attempt, random), fresh: code === 4401 || code === 4402 };
  if (code === 1008) plan.after = Math.max(plan.after, 10_000);
  if ((code === 4408 || code === 4402) && attempt === 0) plan.after = told ?? 0;
  return plan;
}

/**
 * A WebSocket to natter that comes back by itself: authenticates, repeats its
 * authentication with newer tokens, notices silence, and reconnects with
 * growing, random waits. It knows nothing of rooms: see feeds.js.
 */
export class Socket {
  /**
   * @param {{ url: string, token(fresh: boolean): Promise<string>,
   *   onUp(welcome: Frame): void, onDown(): void, onClosed?(code: number): void, onFrame(frame: Frame): void, onOver(why: string): void,
   *   WebSocket?: any, timers?: Timers, random?: () => number }} o
   * onUp and onDown alternate; onClosed comes with every connection that ends or fails; onOver means that the session has ended, with natter's reason or 'ended'.
   */
  constructor(o) {
    this.o = o;
    this.timers = o.timers ?? hostTimers;
    this.random = o.random ?? Math.random;
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map();
    this.lastId = 0;
    this.attempt = 0;
    this.up = false;
    this.running = false;
    /** @type {any} */ this.ws = null;
    /** @type {any} */ this.retry = null;
    /** @type {any} */ this.guard = null;
    /** @type {number|undefined} */ this.told = undefined;
    this.why = '';
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.#connect(false);
  }

  stop() {
    this.running = false;
    this.timers.clear(this.retry);
    this.#let(1000);
  }

  /** Something changed (the network, the screen): do not wait any longer. */
  wake() {
    if (!this.running) return;
    if (this.retry !== null) {
      this.timers.clear(this.retry);
      this.#connect(false);
    } else if (this.up) {
      this.#ask(3000);
    }
  }

  /** Sends a newer access token. @param {string} token */
  renew(token) {
    if (this.up) this.request('auth', { token }).catch(() => {});
  }

  /**
   * Sends a frame and waits for its answer. Rejects with a Failure: the error's
   * code, or `offline` if the answer may have been lost.
   * @param {string} op
   * @param {object} members
   * @returns {Promise<Frame>}
   */
  request(op, members, ms = patience) {
    if (!this.up) return Promise.reject(new Failure('offline'));
    return new Promise((resolve, reject) => {
      const id = this.send(op, members);
      const timer = this.timers.set(() => this.#settle(id, (w) => w.reject(new Failure('outcome_unknown'))), ms);
      this.waiting.set(id, { resolve, reject, timer });
    });
  }

  /** Sends a frame whose answer comes through onFrame; returns its id. @param {string} op @param {object} members */
  send(op, members) {
    const id = ++this.lastId;
    this.ws?.send(JSON.stringify({ op, id, ...members }));
    return id;
  }

  /** @param {boolean} fresh */
  async #connect(fresh) {
    this.retry = null;
    const token = await this.o.token(fresh).catch((error) => {
      if (codeOf(error) !== 'ended') this.#later(backoff(this.attempt++, this.random), false);
      return '';
    });
    if (!token || !this.running || this.ws || this.retry !== null) return;
    const ws = this.ws = new (this.o.WebSocket ?? WebSocket)(this.o.url, ['natter.v1.json']);
    this.told = undefined;
    ws.onopen = () => this.send('auth', { token });
    ws.onmessage = (/** @type {any} */ m) => ws === this.ws && this.#hear(m.data);
    ws.onclose = (/** @type {any} */ c) => ws === this.ws && this.#closed(c.code);
    this.#watch(patience);
  }

  /** @param {string} data */
  #hear(data) {
    const frame = JSON.parse(data);
    if (frame.op === 'welcome' && !this.up) return this.#welcome(frame);
    if (this.up) this.#rest();
    if (frame.op === 'bye') this.told = frame.reconnect_after_ms;
    if (frame.op === 'bye') this.why = frame.why ?? '';
    const answered = frame.id !== undefined && this.#settle(frame.id, (w) => {
      if (frame.op === 'error') w.reject(new Failure(frame.code, { detail: frame.detail, after: frame.retry_after_ms }));
      else w.resolve(frame);
    });
    if (!answered) this.o.onFrame(frame);
  }

  /** @param {Frame} frame */
  #welcome(frame) {
    this.up = true;
    this.attempt = 0;
    this.#rest();
    this.o.onUp(frame);
  }

  #rest() {
    this.timers.clear(this.guard);
    this.guard = this.timers.set(() => this.#ask(patience), silence);
  }

  /** @param {number} ms */
  #ask(ms) {
    this.send('ping', {});
    this.#watch(ms);
  }

  /** Gives up on the connection unless something is heard. @param {number} ms */
  #watch(ms) {
    this.timers.clear(this.guard);
    this.guard = this.timers.set(() => this.#closed(0), ms);
  }

  /** @param {number} code */
  #closed(code) {
    this.#let(code || 4000);
    if (!this.running) return;
    this.o.onClosed?.(code);
    const plan = afterClose(code, this.told, this.attempt++, this.random);
    if (plan.over) {
      this.running = false;
      this.o.onOver(this.why === 'ended' ? 'elsewhere' : this.why || 'ended');
    } else {
      this.#later(plan.after, plan.fresh);
    }
  }

  /** Lets go of the connection; nothing more of it is heard. @param {number} code */
  #let(code) {
    const { ws, up } = this;
    this.ws = null;
    this.up = false;
    this.timers.clear(this.guard);
    for (const id of [...this.waiting.keys()]) this.#settle(id, (w) => w.reject(new Failure('offline')));
    if (ws) {
      ws.onopen = ws.onmessage = ws.onclose = null;
      if (ws.readyState < 2) ws.close(code === 1000 || code >= 4000 ? code : undefined);
    }
    if (up) this.o.onDown();
  }

  /** @param {number} ms @param {boolean} fresh */
  #later(ms, fresh) {
    if (!this.running) return;
    this.retry = this.timers.set(() => this.#connect(fresh), ms);
  }

  /** @param {number} id @param {(w: Waiting) => void} end */
  #settle(id, end) {
    const waiting = this.waiting.get(id);
    if (!waiting) return false;
    this.waiting.delete(id);
    this.timers.clear(waiting.timer);
    end(waiting);
    return true;
  }
}
