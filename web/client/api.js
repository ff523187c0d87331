import { request } from './http.js';
import { codeOf } from './failure.js';

/** @param {Record<string, string|number|undefined>} members */
function query(members) {
  const given = Object.entries(members).filter(([, value]) => value !== undefined && value !== '');
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : '';
}

/** natter's HTTP interface, one method for each thing that the page asks for. */
export class Api {
  /** @param {Session} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<any>}
   */
  async #call(method, path, options = {}) {
    const token = await this.session.token();
    try {
      return await request(method, path, { ...options, token });
    } catch (error) {
      if (codeOf(error) !== 'unauthenticated') throw error; // a wrong password is 401, too, and counted
      return request(method, path, { ...options, token: await this.session.refresh() });
    }
  }

  /** @returns {Promise<{ rooms: MyRoom[], position: string }>} */
  rooms() { return this.#call('GET', '/api/rooms'); }

  /** @param {string} text @param {string} [after] @returns {Promise<{ rooms: MyRoom[], next?: string }>} */
  publicRooms(text, after) { return this.#call('GET', `/api/rooms/public${query({ query: text, after, limit: 30 })}`); }

  /** @param {{ kind: string, name: string, topic?: string }} body @param {string} key @returns {Promise<MyRoom>} */
  create(body, key) { return this.#call('POST', '/api/rooms', { body, key }); }

  /** @param {string} name @returns {Promise<MyRoom>} */
  direct(name) { return this.#call('POST', '/api/rooms/direct', { body: { name } }); }

  /** @param {string} room */
  join(room) { return this.#call('POST', `/api/rooms/${room}/join`, { body: {} }); }

  /** @param {string} link what stands in it behind /#/join/ @returns {Promise<MyRoom>} */
  joinBy(link) { return this.#call('POST', '/api/rooms/join', { body: { link } }); }

  /**
   * What moderators and owners do about a room: changes it, its members, bans and links.
   * @param {'GET'|'POST'|'PUT'|'PATCH'|'DELETE'} method @param {string} room @param {string} [where] below the room's address, with a / @param {object} [body]
   */
  tend(method, room, where = '', body) { return this.#call(method, `/api/rooms/${room}${where}`, { body }); }

  /** @param {string} room */
  leave(room) { return this.#call('POST', `/api/rooms/${room}/leave`, { body: {} }); }

  /** @param {string} room @param {string} name */
  invite(room, name) { return this.#call('POST', `/api/rooms/${room}/invitations`, { body: { name } }); }

  /** @param {string} room @param {string} [after] @returns {Promise<{ members: Member[], next?: string }>} */
  members(room, after) { return this.#call('GET', `/api/rooms/${room}/members${query({ after, limit: 100 })}`); }

  /** @param {string} room @param {{ before?: string, after?: string, limit?: number }} where @returns {Promise<Page>} */
  messages(room, where) { return this.#call('GET', `/api/rooms/${room}/messages${query({ limit: 50, ...where })}`); }

  /** A message as it is now. @param {string} room @param {number} seq @returns {Promise<Item>} */
  message(room, seq) { return this.#call('GET', `/api/rooms/${room}/messages/${seq}`); }

  /** @param {string} room @param {number} seq */
  read(room, seq) { return this.#call('PUT', `/api/rooms/${room}/read`, { body: { seq } }); }

  /** @param {string} room @returns {Promise<{ markers: { user: string, seq: number }[] }>} */
  readers(room) { return this.#call('GET', `/api/rooms/${room}/read`); }

  /** @param {string} room @param {Level} level */
  setLevel(room, level) { return this.#call('PUT', `/api/rooms/${room}/level`, { body: { level } }); }

  /** Messages of my rooms, or of one. @param {string} q @param {string} room or '' @param {string} [before] @returns {Promise<{ items: Hit[], next?: string }>} */
  search(q, room, before) { return this.#call('GET', `/api/search${query({ q, room, before, limit: 20 })}`); }

  /** @param {string} [before] @returns {Promise<{ items: Notice[], unread: number, older?: string, position: string }>} */
  async notifications(before) {
    const page = await this.#call('GET', `/api/notifications${query({ before, limit: 30 })}`);
    return { ...page, items: page.items ?? [] };
  }

  /** @param {number} upTo @param {string} [room] */
  notificationsRead(upTo, room) { return this.#call('POST', '/api/notifications/read', { body: { up_to: upTo, ...(room && { room }) } }); }

  /** @returns {Promise<{ user: Person, account: Account }>} */
  me() { return this.#call('GET', '/api/me'); }

  /** @param {string} old @param {string} password */
  changePassword(old, password) { return this.#call('PUT', '/api/me/password', { body: { old_password: old, password } }); }

  /** @param {string} email @param {string} password @returns {Promise<Flow>} */
  changeEmail(email, password) { return this.#call('PUT', '/api/me/email', { body: { password, email } }); }

  /** @param {string} flow @param {string} code @returns {Promise<Account>} */
  proveEmail(flow, code) { return this.#call('POST', '/api/me/email/verify', { body: { flow, code } }); }

  /** The sessions, tokens or invitations that there are. @param {'sessions'|'tokens'|'invitations'} what @returns {Promise<{ items: any[] }>} */
  list(what) { return this.#call('GET', `/api/${what}`); }

  /** Ends one of them; without an id, all other sessions. @param {'sessions'|'tokens'|'invitations'} what @param {string} [id] */
  end(what, id) { return this.#call('DELETE', id ? `/api/${what}/${id}` : `/api/${what}`); }

  /** What happened to accounts: my own, or everybody's. @param {boolean} all @param {number} [before] @returns {Promise<{ items: Item[], next: number }>} */
  audit(all, before) { return this.#call('GET', `/api/audit${all ? '/all' : ''}${query({ before: before || '', limit: 30 })}`); }

  /** @param {{ name: string, scopes: string[], expires_in_days?: number, password?: string }} body @returns {Promise<{ token: string }>} */
  makeToken(body) { return this.#call('POST', '/api/tokens', { body }); }

  /** @param {{ uses: number, expires_in_days: number }} body @returns {Promise<{ link: string }>} */
  makeInvitation(body) { return this.#call('POST', '/api/invitations', { body }); }

  /** @param {string} text @param {string} [after] @returns {Promise<{ items: any[], next: string }>} */
  people(text, after) { return this.#call('GET', `/api/people${query({ query: text, after, limit: 100 })}`); }

  /** @param {string} user @param {string} role */
  setRole(user, role) { return this.#call('PUT', `/api/people/${user}/role`, { body: { role } }); }

  /** @param {string} user @param {boolean} disabled */
  disable(user, disabled) { return this.#call('PUT', `/api/people/${user}/disabled`, { body: { disabled } }); }
}
