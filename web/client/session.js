import { request } from './http.js';
import { backoff, hostTimers } from './backoff.js';
import { Failure, codeOf } from './failure.js';

/** An access token is renewed when this little of its life is left. */
const margin = 60_000;

/**
 * One person's session. The access token lives in memory only; the refresh
 * token is a cookie that no script can read. However many callers need a new
 * token at once, one request fetches it.
 */
export class Session {
  /**
   * @param {{ clock: Clock, onGrant(grant: Grant, path: string): void, onEnd(): void,
   *   send?: typeof request, alone?: <T>(work: () => Promise<T>) => Promise<T>, timers?: Timers }} o
   * `onGrant` gets every grant, with the path of the way in or '' for a renewal;
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

  /** Begins with what a way in answers. @param {string} path @param {object} body */
  async enter(path, body) {
    const asked = this.o.clock.local();
    this.#take(await this.send('POST', path, { body }), asked, path);
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

  /** @param {Grant} grant @param {number} asked @param {string} [path] */
  #take(grant, asked, path = '') {
    this.o.clock.learn(grant.time, asked);
    const life = grant.expires_in * 1000;
    this.access = grant.access_token;
    this.goodUntil = asked + life - Math.min(10_000, life / 4);
    this.failures = 0;
    this.#plan(Math.max(1000, life - Math.min(margin, life / 2)));
    this.o.onGrant(grant, path);
  }

  /** @param {number} ms */
  #plan(ms) {
    this.timers.clear(this.timer);
    this.timer = this.timers.set(() => this.refresh().catch(() => {}), ms);
  }
}


/** How one comes in: all that natter does for somebody without a session. */
export class Entrance {
  /** @param {Session} session */
  constructor(session, send = request) {
    this.session = session;
    this.send = send;
  }

  /** @returns {Promise<About>} */
  async about() { return { oidc: [], ...await this.send('GET', '/api/entrance') }; }

  /** @param {{ name: string, email: string, password: string, invitation?: string }} body @returns {Promise<Flow>} */
  signUp(body) { return this.send('POST', '/api/signup', { body }); }

  /** @param {string} email @returns {Promise<Flow>} */
  forgot(email) { return this.send('POST', '/api/password/forgot', { body: { email } }); }

  /** @param {string} flow @returns {Promise<Flow>} */
  resend(flow) { return this.send('POST', '/api/codes/resend', { body: { flow } }); }

  /** @param {string} name a name or an e-mail address @param {string} password */
  logIn(name, password) { return this.session.enter('/api/login', { name, password }); }

  /** @param {string} flow @param {string} code @param {string} [name] instead of the one that was taken */
  verify(flow, code, name) { return this.session.enter('/api/signup/verify', { flow, code, ...(name && { name }) }); }

  /** @param {string} flow @param {string} code @param {string} password */
  reset(flow, code, password) { return this.session.enter('/api/password/reset', { flow, code, password }); }
}
