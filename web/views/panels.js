import { uuidv7 } from '../client/keys.js';
import { emojiNames } from '../i18n/index.js';
import { placeOf } from '../state/bell.js';
import { possible } from '../state/messages.js';

/** Opens the dialogs, one at a time, and joins them with what they do. Each is loaded when it is first asked for. */
export class Panels {
  /**
   * @param {{ store: Store, actions: Actions, alerts(): Promise<Alerts>, speech: Speech, api: Api, entrance: Entrance, later: import('./later.js').Later,
   *   settings: { theme(): string, paint(theme: string): void, speak(lang: string): void, logout(): Promise<void> }, tongue(): Tongue, go(hash: string): void }} o
   */
  constructor(o) {
    this.o = o;
    this.later = o.later;
    /** @type {Panel|null} */
    this.panel = null;
    /** Asks something in front of it. @type {Panel|null} */
    this.question = null;
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    if (this.panel?.isOpen) this.panel.render(state, tongue);
  }

  close() {
    for (const panel of [this.question, this.panel]) if (panel?.isOpen) panel.close();
  }

  /** @template {Panel} P @param {P} panel */
  #open(panel) {
    this.close();
    this.panel = panel;
    panel.open();
    panel.render(this.o.store.state, this.o.tongue());
    return panel;
  }

  /** Asks one thing. @param {Question} question @param {(answer: Answer) => Promise<string|void>} act */
  #ask(question, act) {
    this.later.load(() => import('./ask.js'), ({ AskPanel }) => this.#open(new AskPanel(this.o.tongue(), question, act)));
  }

  /** Asks before something is done, in front of the open panel. @param {Question} question @param {() => Promise<any>} act @param {() => void} after */
  #confirm(question, act, after) {
    this.later.load(() => import('./ask.js'), ({ AskPanel }) => {
      this.question = new AskPanel(this.o.tongue(), question, async () => { await act(); }).open();
      this.question.root.addEventListener('close', () => { if (this.panel?.isOpen) after(); });
    });
  }

  start() {
    this.later.load(() => import('./start.js'), ({ StartPanel }) => this.#open(new StartPanel(this.o.tongue(), (what) => this[what]())));
  }

  me() {
    this.o.actions.account();
    const who = this.o.store.state.me?.name ?? '';
    this.later.load(() => import('./me.js'), ({ MePanel }) => this.#open(new MePanel(this.o.tongue(), who, { ...this.o.settings, open: (what) => this.#settings(what) })));
  }

  /** @param {'password'|'email'|'devices'|'programs'|'security'|'folk'|'invitations'|'everybody'} what */
  #settings(what) {
    const { api, entrance, store, tongue } = this.o;
    this.later.load(() => import('./account.js'), ({ Settings }) => new Settings({
      api, entrance, store, tongue, me: () => this.me(), ask: (question, act, after) => this.#confirm(question, act, after),
      open: (panel, back) => { this.#open(panel).back = back; },
    })[what]());
  }

  bell() {
    const { actions, store } = this.o;
    this.later.load(() => Promise.all([import('./bell.js'), this.o.alerts()]), ([{ BellPanel }, alerts]) => this.#open(new BellPanel(this.o.tongue(), {
      all: () => actions.notificationsRead(store.state.bell.items[0]?.seq ?? 0),
      more: () => actions.olderNotifications(),
      reload: () => actions.bell(),
      alerts,
      open: (item) => this.#follow(item),
    })));
  }

  /** Goes where a notification points. @param {Notice} item */
  #follow(item) {
    const { room, kind } = item.event.data;
    if (!room) { // about the account
      this.o.actions.notificationsRead(item.seq);
      return this.#settings('security');
    }
    if (kind !== 'invitation' && kind !== 'role') return this.o.go(`#/room/${room}/${placeOf(item)}`);
    this.o.actions.notificationsRead(item.seq, room);
    if (this.o.store.state.rooms.has(room)) return this.o.go(`#/room/${room}`);
    this.#ask({ title: 'bell.invitation', values: { name: item.event.actor?.name ?? '', room: item.event.data.name ?? '' }, action: 'browse.join' }, () => this.o.actions.join(room));
  }

  direct() {
    this.#ask({ title: 'direct.title', lead: 'direct.lead', name: 'direct.name', longest: 32, action: 'direct.do' }, ({ name }) => this.o.actions.direct(name));
  }

  make() {
    const key = uuidv7(Date.now());
    const options = ['make.public', 'make.private', 'make.announcement'];
    this.#ask({ title: 'make.title', name: 'make.name', longest: 64, topic: 'make.topic', legend: 'make.who', options, action: 'make.do', sorry: { bad_name: 'error.bad_room_name' } },
      ({ kind, name, topic }) => this.o.actions.create({ kind, name, ...(topic && { topic }) }, key));
  }

  browse(text = '') {
    const { api, store, actions } = this.o;
    this.later.load(() => import('./browse.js'), ({ BrowsePanel }) => this.#open(new BrowsePanel(this.o.tongue(), {
      search: (wanted, after) => api.publicRooms(wanted, after),
      mine: (id) => store.state.rooms.has(id),
      join: (id) => actions.join(id),
    })).find(text));
  }

  /** What one can do with a line. @param {Line} row @param {Element} at */
  menu(row, at) {
    const { speech, store, tongue } = this.o;
    const room = store.state.rooms.get(store.state.lines?.room ?? '');
    if (!room) return;
    /** @type {Record<string, () => void>} */
    const acts = {
      reply: () => speech.aim('reply', row.seq), edit: () => speech.aim('edit', row.seq), edits: () => this.edits(row.seq), copy: () => { navigator.clipboard?.writeText(row.text); },
      pin: () => speech.pin(row.seq, true), unpin: () => speech.pin(row.seq, false), delete: () => this.#erase(room.id, row.seq),
    };
    const choices = possible(row, room).map((what) => ({ key: `line.do.${what}`, danger: what === 'delete', run: acts[what] }));
    this.later.load(() => import('./menu.js'), ({ MenuPanel }) => this.#open(
      new MenuPanel(tongue(), at, choices, (emoji) => speech.react(row.seq, emoji), () => this.#emoji((emoji) => speech.react(row.seq, emoji)))));
  }

  /** @param {string} room @param {number} seq */
  #erase(room, seq) {
    this.#ask({ title: 'delete.title', lead: 'delete.lead', action: 'line.do.delete', danger: true }, () => this.o.speech.remove(room, seq));
  }

  /** @param {(emoji: string) => void} choose */
  #emoji(choose) {
    const { tongue } = this.o;
    this.later.load(() => Promise.all([import('./emoji.js'), emojiNames(tongue().lang)]), ([{ EmojiPanel }, names]) => this.#open(new EmojiPanel(tongue(), names, choose)));
  }

  /** What I am told of a room. @param {string} room */
  level(room) {
    this.later.load(() => import('./level.js'), ({ LevelPanel }) => this.#open(new LevelPanel(this.o.tongue(), room, (level) => this.o.actions.level(room, level))));
  }

  /** Finds messages. @param {string} [text] */
  search(text = '') {
    const { api, store, tongue } = this.o;
    const { rooms, route } = store.state;
    this.later.load(() => import('./search.js'), ({ SearchPanel }) => this.#open(new SearchPanel(tongue(), {
      rooms, room: route.room, search: (wanted, room, before) => api.search(wanted, room, before),
      open: (room, seq) => this.#visit(room, seq),
    })).find(text));
  }

  /** Goes to a message, even if the address names it already. @param {string} room @param {number} seq */
  #visit(room, seq) {
    const place = `#/room/${room}/${seq}`;
    if (location.hash === place) this.o.actions.open(room, seq);
    else this.o.go(place);
  }

  /** What is pinned in a room. @param {string} room */
  pins(room) {
    const { api, tongue } = this.o;
    this.later.load(() => import('./pins.js'), ({ PinsPanel }) => this.#open(new PinsPanel(tongue(), { load: () => api.tend('GET', room, '/pins'), open: (seq) => this.#visit(room, seq) })));
  }

  /** What a message said before it was edited. @param {number} seq */
  edits(seq) {
    const { api, store, tongue } = this.o;
    const room = store.state.lines?.room ?? '';
    this.later.load(() => import('./edits.js'), ({ edits }) => edits(tongue(), () => api.tend('GET', room, `/messages/${seq}/edits`), (panel) => this.#open(panel)));
  }

  /** @param {string} room */
  invite(room) {
    this.#ask({ title: 'invite.title', lead: 'invite.lead', name: 'invite.name', longest: 32, action: 'invite.do' }, async ({ name }) => {
      await this.o.actions.invite(room, name);
      return this.o.tongue().say('invite.done', { name });
    });
  }

  /** Joins the room that a link leads to, if one wants. @param {string} link */
  joinBy(link) {
    this.#ask({ title: 'join.title', lead: 'join.lead', action: 'browse.join', sorry: { bad_invitation: 'error.bad_link' } }, () => this.o.actions.joinBy(link));
  }

  /** @param {string} room */
  about(room) { this.#tend(room, (tending) => tending.about()); }

  /** @param {string} room @param {Member} person @param {Element} at */
  member(room, person, at) { this.#tend(room, (tending) => tending.menu(person, at)); }

  /** @param {string} id @param {(tending: import('./tend.js').Tending) => void} then */
  #tend(id, then) {
    const { api, store, tongue } = this.o;
    this.later.load(() => import('./tend.js'), ({ Tending }) => {
      const { rooms, me } = store.state;
      const room = rooms.get(id);
      if (room && me) then(new Tending({
        api, tongue, me, room: () => store.state.rooms.get(id) ?? room, leave: () => this.leave(id), level: () => this.level(id), pins: () => this.pins(id), ask: (question, act) => this.#ask(question, act),
        open: (panel, back) => { this.#open(panel).back = back ?? panel.back; }, confirm: (question, act, after) => this.#confirm(question, act, after),
      }));
    });
  }

  /** @param {string} room */
  leave(room) {
    const kind = this.o.store.state.rooms.get(room)?.kind === 'private' ? 'leave.private' : 'leave.public';
    this.#ask({ title: 'leave.title', lead: kind, action: 'leave.do', danger: true, sorry: { conflict: 'error.owner_leaves' } }, () => this.o.actions.leave(room));
  }
}
