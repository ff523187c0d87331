import { AboutPanel } from './about.js';
import { MakePanel } from './account.js';
import { MenuPanel } from './menu.js';
import { ThingsPanel } from './things.js';

const lifted = 525_600; // minutes of a mute that somebody has to lift: natter knows none longer than a year

/** @typedef {import('./menu.js').Choosable} Choosable */

/** What one does about a room and the people in it: what each may do is natter's to say. */
export class Tending {
  /**
   * @param {{ api: Api, tongue(): Tongue, me: Person, room(): Room,
   *   open(panel: Panel, back?: () => void): void, leave(): void, level(): void, pins(): void,
   *   ask(question: Question, act: (answer: Answer) => Promise<string|void>): void,
   *   confirm(question: Question, act: () => Promise<any>, after: () => void): void }} o
   */
  constructor(o) {
    this.o = o;
  }

  /** @param {'POST'|'PUT'|'PATCH'|'DELETE'} method @param {string} [where] @param {object} [body] */
  async #do(method, where, body) {
    await this.o.api.tend(method, this.o.room().id, where, body);
  }

  /** What the room is. */
  about() {
    const { room, tongue, open, leave, level, pins } = this.o;
    open(new AboutPanel(tongue(), room(), { save: (changes) => this.#do('PATCH', '', changes), open: (what) => this[what](), archive: () => this.#archive(), leave, level, pins }));
  }

  #archive() {
    const room = this.o.room();
    const what = room.archived ? 'unarchive' : 'archive';
    this.o.ask({ title: `about.${what}`, lead: `about.${what}.lead`, action: `about.${what}`, danger: !room.archived }, () => this.#do('PUT', '/archived', { archived: !room.archived }));
  }

  /** What one can do about a member. @param {Member} person @param {Element} at */
  menu(person, at) {
    const { tongue, room, open } = this.o;
    const own = room().role === 'owner';
    const muted = Date.parse(person.muted ?? '') > Date.now();
    const member = `/members/${person.id}`;
    /** @type {(Choosable|false)[]} */
    const all = [
      own && person.role !== 'moderator' && this.#sure('promote', person, () => this.#do('PUT', `${member}/role`, { role: 'moderator' })),
      own && person.role === 'moderator' && this.#sure('demote', person, () => this.#do('PUT', `${member}/role`, { role: 'member' })),
      muted ? this.#sure('unmute', person, () => this.#do('PUT', `${member}/muted`, { minutes: 0 })) : this.#mute(person, member),
      this.#sure('remove', person, ({ name }) => this.#do('DELETE', member, name ? { reason: name } : {}), { name: 'tend.reason', optional: true, longest: 200, danger: true }),
      this.#ban(person),
      own && this.#sure('handover', person, () => this.#do('POST', '/owner', { user: person.id }), { danger: true }),
    ];
    const choices = /** @type {Choosable[]} */ (all.filter(Boolean));
    open(new MenuPanel(tongue(), at, choices, null, () => {}, tongue().say('members.tend', { name: person.name })));
  }

  /** @param {'promote'|'demote'|'unmute'|'mute'|'remove'|'ban'|'handover'} what @param {Person} person @param {(answer: Answer) => Promise<void>} act @param {Partial<Question>} [more] @returns {Choosable} */
  #sure(what, { name }, act, more = {}) {
    const question = { title: `tend.${what}.one`, values: { name }, lead: `tend.${what}.lead`, action: `tend.${what}`, sorry: { not_found: 'error.left_already', forbidden: 'error.not_your_role' }, ...more };
    return { key: `tend.${what}`, danger: more.danger, run: () => this.o.ask(question, act) };
  }

  /** @param {Member} person @param {string} member */
  #mute(person, member) {
    const options = ['span.10', 'span.60', 'span.1440', 'span.lifted'];
    return this.#sure('mute', person, ({ kind }) => this.#do('PUT', `${member}/muted`, { minutes: Number(kind) || lifted }), { legend: 'tend.mute.span', options });
  }

  /** @param {Person} person */
  #ban(person) {
    const options = ['span.1440', 'span.10080', 'span.ever'];
    return this.#sure('ban', person, ({ name, kind }) => this.#do('PUT', `/bans/${person.id}`, { ...(name && { reason: name }), ...(Number(kind) && { minutes: Number(kind) }) }),
      { name: 'tend.reason', optional: true, longest: 200, legend: 'tend.ban.span', options, danger: true });
  }

  /** @param {Kind} kind */
  #list(kind) {
    const panel = new ThingsPanel(this.o.tongue(), kind, (question, act) => this.o.confirm(question, act, () => panel.load()));
    this.o.open(panel, () => this.about());
    panel.load();
  }

  /** Who may not come in. */
  bans() {
    const { api, room } = this.o;
    this.#list({
      title: 'bans.title', lead: 'bans.lead',
      load: () => api.tend('GET', room().id, '/bans'),
      thing: ({ user, by, reason = '', until }, tongue) => ({
        id: user.id, title: user.name,
        lines: [reason, tongue.say('audit.by', { name: by.name }), until ? tongue.say('until', { when: tongue.full.format(Date.parse(until)) }) : tongue.say('span.ever')],
        acts: [{ text: tongue.say('bans.lift'), label: tongue.say('bans.lift.one', { name: user.name }), run: () => this.#do('DELETE', `/bans/${user.id}`) }],
      }),
    });
  }

  /** The links by which people join. */
  links() {
    const { api, room } = this.o;
    this.#list({
      title: 'links.title', lead: 'link.lead',
      load: () => api.tend('GET', room().id, '/links'),
      top: (tongue) => ({ text: tongue.say('link.title'), run: () => this.#link() }),
      thing: (link, tongue) => ({
        id: link.id, title: tongue.say('links.left', { n: link.uses_left }),
        lines: [tongue.say('audit.by', { name: link.by.name }), tongue.say('until', { when: tongue.full.format(Date.parse(link.expires)) })],
        acts: [{ text: tongue.say('revoke'), danger: true, run: () => this.#do('DELETE', `/links/${link.id}`), ask: { title: 'links.revoke', action: 'revoke', danger: true } }],
      }),
    });
  }

  #link() {
    const { api, room, me } = this.o;
    const make = async (/** @type {Record<string, string>} */ v) =>
      new URL((await api.tend('POST', room().id, '/links', { uses: Number(v.uses), expires_in_days: Number(v.days) })).link, location.href).href;
    this.o.open(new MakePanel('link', this.o.tongue(), [1, 7, 30], { name: me.name, role: 'member', password: false }, make), () => this.links());
  }
}
