import { request } from './http.js';
import { backoff } from './backoff.js';
import { Failure, codeOf } from './failure.js';
import { hostTimers } from './types.js';

/** @typedef {import('./types.js').Grant} Grant */
/** @typedef {import('./keys.js').Clock} Clock */

/** An access token is renewed when this little of its life is left. */
const margin = 60_000;

/**
 * One person's session. The access token lives in memory only; the refresh
 * token is a cookie that no script can read. However many callers need a new
 * token at once, one request fetches it.
 */
export class Session {
  /**
   * @param {{ clock: Clock, onGrant(grant: Grant): void, onEnd(): void,
   *   send?: typeof request, alone?: <T>(work: () => Promise<T>) => Promise<T>, timers?: import('./types.js').Timers }} o
   * `alone` keeps other pages of this browser from refreshing at the same time;
   * `onEnd` is called once, when natter says that the session is over.
   */
  constructor(o) {
    this.o = o;
    this.send = o.send ?? request;
    this.alone = o.alone ?? ((work) => work());
    this.timers = o.timers ?? hostTimers;
    this.access = '';
    this.goodUntil = 0;
    this.failures = 0;
    /** @type {Promise<string>|null} */
    this.refreshing = null;
    /** @type {any} */
    this.timer = null;
  }

  /** @param {'signup'|'login'} how @param {string} name @param {string} password */
  async enter(how, name, password) {
    const asked = this.o.clock.local();
    this.#take(await this.send('POST', `/api/${how}`, { body: { name, password } }), asked);
  }

  /** Returns an access token that is good for a while yet. */
  token() {
    return this.access && this.o.clock.local() < this.goodUntil ? Promise.resolve(this.access) : this.refresh();
  }

  /** Fetches a new access token with the cookie; all callers share one request. */
  refresh() {
    this.refreshing ??= this.#renew().finally(() => { this.refreshing = null; });
    return this.refreshing;
  }

  /** Logs out. Rejects when natter could not be reached: then one is still logged in. */
  async leave() {
    await this.send('DELETE', '/api/session', { token: await this.token() });
    this.forget();
  }

  forget() {
    this.timers.clear(this.timer);
    this.access = '';
    this.goodUntil = 0;
  }

  async #renew() {
    const asked = this.o.clock.local();
    try {
      const grant = await this.alone(() => this.send('POST', '/api/session/refresh', { body: {} }));
      this.#take(grant, asked);
      return this.access;
    } catch (error) {
      this.#failed(error);
      throw error instanceof Failure && error.status === 401 ? new Failure('ended') : error;
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (error instanceof Failure && error.status === 401) {
      this.forget();
      this.o.onEnd();
    } else if (this.access) {
      this.#plan(backoff(this.failures++)); // the token that is left may still do
    }
    return codeOf(error);
  }

  /** @param {Grant} grant @param {number} asked */
  #take(grant, asked) {
    this.o.clock.learn(grant.time, asked);
    const life = grant.expires_in * 1000;
    this.access = grant.access_token;
    this.goodUntil = asked + life - Math.min(10_000, life / 4);
    this.failures = 0;
    this.#plan(Math.max(1000, life - Math.min(margin, life / 2)));
    this.o.onGrant(grant);
  }

  /** @param {number} ms */
  #plan(ms) {
    this.timers.clear(this.timer);
    this.timer = this.timers.set(() => this.refresh().catch(() => {}), ms);
  }
}
