import { request } from './http.js';
import { Failure } from './failure.js';

/** @typedef {import('./types.js').MyRoom} MyRoom */
/** @typedef {import('./types.js').Page} Page */

/** @param {Record<string, string|number|undefined>} members */
function query(members) {
  const given = Object.entries(members).filter(([, value]) => value !== undefined && value !== '');
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : '';
}

/** natter's HTTP interface, one method for each thing that the page asks for. */
export class Api {
  /** @param {import('./session.js').Session} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {import('./http.js').Options} [options]
   * @returns {Promise<any>}
   */
  async #call(method, path, options = {}) {
    const token = await this.session.token();
    try {
      return await request(method, path, { ...options, token });
    } catch (error) {
      if (!(error instanceof Failure) || error.status !== 401) throw error;
      return request(method, path, { ...options, token: await this.session.refresh() });
    }
  }

  /** @returns {Promise<{ rooms: MyRoom[], position: string }>} */
  rooms() { return this.#call('GET', '/api/rooms'); }

  /** @param {string} text @param {string} [after] @returns {Promise<{ rooms: MyRoom[], next?: string }>} */
  publicRooms(text, after) { return this.#call('GET', `/api/rooms/public${query({ query: text, after, limit: 30 })}`); }

  /** @param {'public'|'private'} kind @param {string} name @param {string} key @returns {Promise<MyRoom>} */
  create(kind, name, key) { return this.#call('POST', '/api/rooms', { body: { kind, name }, key }); }

  /** @param {string} name @returns {Promise<MyRoom>} */
  direct(name) { return this.#call('POST', '/api/rooms/direct', { body: { name } }); }

  /** @param {string} room */
  join(room) { return this.#call('POST', `/api/rooms/${room}/join`, { body: {} }); }

  /** @param {string} room */
  leave(room) { return this.#call('POST', `/api/rooms/${room}/leave`, { body: {} }); }

  /** @param {string} room @param {string} name */
  invite(room, name) { return this.#call('POST', `/api/rooms/${room}/invitations`, { body: { name } }); }

  /** @param {string} room @param {string} [after] @returns {Promise<{ members: import('./types.js').Member[], next?: string }>} */
  members(room, after) { return this.#call('GET', `/api/rooms/${room}/members${query({ after, limit: 100 })}`); }

  /** @param {string} room @param {{ before?: string, after?: string, limit?: number }} where @returns {Promise<Page>} */
  messages(room, where) { return this.#call('GET', `/api/rooms/${room}/messages${query({ limit: 50, ...where })}`); }

  /** @param {string} room @param {number} seq */
  read(room, seq) { return this.#call('PUT', `/api/rooms/${room}/read`, { body: { seq } }); }

  /** @param {string} [before] @returns {Promise<{ items: import('./types.js').Notification[], unread: number, older?: string, position: string }>} */
  async notifications(before) {
    const page = await this.#call('GET', `/api/notifications${query({ before, limit: 30 })}`);
    return { ...page, items: page.items ?? [] };
  }

  /** @param {number} upTo @param {string} [room] */
  notificationsRead(upTo, room) { return this.#call('POST', '/api/notifications/read', { body: { up_to: upTo, ...(room && { room }) } }); }
}
