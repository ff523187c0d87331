import { backoff, hostTimers } from './backoff.js';
import { codeOf } from './failure.js';

/** @typedef {{ id: string, event: string, data: string }} Message */

const silence = 40_000; // natter says something every 15 s

/**
 * Returns a function that takes pieces of an event stream (WHATWG HTML,
 * section 9.2.6) and calls `on` for every event that is complete.
 * @param {(message: Message) => void} on
 */
export function parser(on) {
  let rest = '';
  let id = '';
  let event = '';
  /** @type {string[]} */
  let data = [];
  /** @param {string} line */
  const take = (line) => {
    if (line === '') {
      if (data.length) on({ id, event: event || 'message', data: data.join('\n') });
      event = '';
      data = [];
      return;
    }
    const cut = line.indexOf(':');
    const field = cut < 0 ? line : line.slice(0, cut);
    const value = cut < 0 ? '' : line.slice(cut + 1).replace(/^ /, '');
    if (field === 'id' && !value.includes('\0')) id = value;
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  };
  return (/** @type {string} */ piece) => {
    const text = rest + piece;
    const whole = text.endsWith('\r') ? text.length - 1 : text.length; // the \n may be on its way
    const lines = text.slice(0, whole).split(/\r\n|\r|\n/);
    rest = lines.pop() + text.slice(whole);
    lines.forEach(take);
  };
}

/**
 * The stream of notifications, by fetch, because EventSource cannot send an
 * Authorization header. Comes back by itself with Last-Event-ID.
 */
export class Stream {
  /**
   * @param {{ url: string, token(fresh: boolean): Promise<string>, onMessage(message: Message): void,
   *   fetch?: typeof fetch, timers?: Timers, random?: () => number }} o
   */
  constructor(o) {
    this.o = o;
    this.timers = o.timers ?? hostTimers;
    this.last = '';
    this.attempt = 0;
    /** @type {AbortController|null} */ this.stopper = null;
    /** @type {any} */ this.timer = null;
    this.running = false;
    /** @type {number|undefined} */ this.told = undefined;
  }

  /** Starts after a position. @param {string} position */
  start(position) {
    this.stop();
    this.last = position;
    this.running = true;
    this.#open(false);
  }

  stop() {
    this.running = false;
    this.timers.clear(this.timer);
    this.stopper?.abort();
  }

  /** Do not wait any longer. */
  wake() {
    if (this.running && !this.stopper) {
      this.timers.clear(this.timer);
      this.#open(false);
    }
  }

  /** @param {boolean} fresh */
  async #open(fresh) {
    const stopper = this.stopper = new AbortController();
    this.told = undefined;
    const status = await this.#read(stopper, fresh).catch((error) => (codeOf(error) === 'ended' ? -1 : 0));
    this.timers.clear(this.timer);
    if (this.stopper !== stopper) return;
    this.stopper = null;
    if (!this.running || status < 0) return;
    const wait = this.told ?? backoff(this.attempt++, this.o.random);
    this.timer = this.timers.set(() => this.#open(status === 401), wait);
  }

  /** Reads until the stream ends and returns its status. @param {AbortController} stopper @param {boolean} fresh */
  async #read(stopper, fresh) {
    const token = await this.o.token(fresh);
    this.#watch(stopper);
    const answer = await (this.o.fetch ?? fetch)(this.o.url, {
      headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream', ...(this.last && { 'Last-Event-ID': this.last }) },
      signal: stopper.signal,
      cache: 'no-store',
    });
    if (!answer.ok || !answer.body) return answer.status;
    this.attempt = 0;
    const feed = parser((message) => this.#message(message));
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      this.#watch(stopper);
      feed(decoder.decode(piece.value, { stream: true }));
    }
    return answer.status;
  }

  /** @param {Message} message */
  #message(message) {
    if (message.event === 'bye') {
      this.told = JSON.parse(message.data).reconnect_after_ms;
      return;
    }
    if (message.id) this.last = message.id;
    this.o.onMessage(message);
  }

  /** Gives up after a silence. @param {AbortController} stopper */
  #watch(stopper) {
    this.timers.clear(this.timer);
    this.timer = this.timers.set(() => stopper.abort(), silence);
  }
}
