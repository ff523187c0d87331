import { learnAll } from './i18n/index.js';
import { apart } from './store.js';
import { Banner } from './views/banner.js';
import { ComposerView } from './views/composer.js';
import { get, show } from './views/dom.js';
import { EntranceView, arrival } from './views/entrance.js';
import { FrameView, putOut } from './views/frame.js';
import { LogView } from './views/log.js';
import { MembersView } from './views/members.js';
import { Later, styled } from './views/later.js';
import { RoomsView } from './views/rooms.js';
import { StripView } from './views/strip.js';
import { TypingView } from './views/there.js';
import { sorted } from './state/rooms.js';

/** Where a fragment leads: #/, #/room/<id>, #/room/<id>/people, #/room/<id>/<seq>. @param {string} hash @returns {Route} */
export function route(hash) {
  const [, what, room = '', rest = ''] = hash.replace(/^#/, '').split('/');
  if (what !== 'room' || !/^[0-9a-f-]{36}$/.test(room)) return { room: '', pane: 'rooms', seq: 0 };
  return { room, pane: rest === 'people' ? 'members' : 'room', seq: /^\d{1,15}$/.test(rest) ? Number(rest) : 0 };
}

/** The views, and what joins them: the language, the colours, the address. */
export class Page {
  /**
   * @param {{ store: Store, actions: Actions, alerts(): Promise<Alerts>, speech: Speech, api: Api, tongue: Tongue,
   *   memory: Memory, tab: Memory, entrance: Entrance, types(room: string, text: string): void,
   *   go(hash: string): void, logout(): Promise<void> }} o
   */
  constructor(o) {
    this.o = o;
    this.tongue = o.tongue;
    this.banner = new Banner();
    this.strip = new StripView();
    this.startScreen = get(document, '#start');
    /** @type {Element} */ this.screen = this.startScreen;
    /** @type {EntranceView|null} */ this.entrance = null;
    /** @type {{ render(state: State, tongue: Tongue): void }[]} */ this.views = [];
    this.later = new Later({ banner: this.banner, tongue: () => this.tongue });
    /** @type {import('./views/panels.js').Panels|null} */ this.dialogs = null;
    /** @type {State['shownOut']} */ this.out = null;
    this.opened = '';
    this.due = false;
    this.jumping = false; // on the way to the field that jumps, which another pane hides
    o.store.listen(() => this.#soon());
    addEventListener('hashchange', () => { this.#arrive(); this.#travel(); this.#join(); });
    addEventListener('keydown', (e) => this.#key(e));
    this.paint(o.memory.get('theme') || 'auto');
    this.arrival = arrival('');
    this.#arrive();
  }

  /** Does something with the dialogs, which come when the first of them is asked for. @param {(dialogs: import('./views/panels.js').Panels) => void} run */
  panels(run) {
    if (this.dialogs) return run(this.dialogs);
    const { o } = this;
    this.later.load(() => Promise.all([import('./views/panels.js'), styled('css/panels.css')]), ([{ Panels }]) => {
      this.dialogs ??= new Panels({
        store: o.store, actions: o.actions, alerts: o.alerts, speech: o.speech, api: o.api, entrance: o.entrance, go: o.go, later: this.later, tongue: () => this.tongue,
        settings: { theme: () => o.memory.get('theme') || 'auto', paint: (theme) => this.paint(theme), speak: (lang) => this.speak(lang), logout: o.logout },
      });
      run(this.dialogs);
    });
  }

  /** Changes the language. @param {string} lang */
  speak(lang) {
    this.later.load(() => learnAll(lang), (tongue) => {
      this.o.memory.set('lang', lang);
      this.tongue = tongue;
      this.render(this.o.store.state);
    });
  }

  /** Says that something could not be done. @param {string} code */
  regret(code) {
    this.banner.say(this.tongue, this.tongue.key(code), 'close', this.banner.close);
  }

  /** Says that something of the page itself went wrong: what is on the screen may not be all. */
  confess() {
    this.banner.say(this.tongue, 'broken', 'reload', () => location.reload());
  }

  /** @param {string} theme auto, light or dark */
  paint(theme) {
    this.o.memory.set('theme', theme === 'auto' ? '' : theme);
    const media = { light: 'not all', dark: 'all' }[theme] ?? '(prefers-color-scheme: dark)';
    get(document, '#dark').media = media;
  }

  /** Shows the state with the next frame, or soon where nobody looks: a thousand events at once are one picture. */
  #soon() {
    if (this.due) return;
    this.due = true;
    const show = () => {
      if (!this.due) return;
      this.due = false;
      clearTimeout(timer);
      this.render(this.o.store.state);
    };
    const timer = setTimeout(show, 100);
    requestAnimationFrame(show);
  }

  /** @param {State} state */
  render(state) {
    if (state.phase === 'starting') show(get(document, '#start-text'), this.tongue.say(state.unreachable ? 'start.unreachable' : 'start.wait'));
    if (state.phase === 'out' && !this.entrance) this.#enter();
    if (state.phase === 'in' && !this.views.length) this.#app();
    if (state.phase === 'in') this.#open();
    this.entrance?.render(state, this.tongue);
    for (const view of this.views) apart(() => view.render(state, this.tongue));
    if (this.jumping && !state.route.room) this.rooms?.jump();
    this.jumping &&= state.route.room !== '';
    this.#putOut(state);
    this.strip.render(state, this.tongue);
    this.dialogs?.render(state, this.tongue);
    const count = state.bell.unread ? `(${this.tongue.count(state.bell.unread)}) ` : '';
    document.documentElement.lang = this.tongue.lang;
    document.title = count + this.tongue.say('brand');
  }

  /** Says that one was put out of a room, where the room itself, which would say it, is not open. @param {State} state */
  #putOut({ shownOut: out, route: { room } }) {
    if (out && out !== this.out && out.room !== room) this.banner.tell(this.tongue, putOut(out, this.tongue), 'close', this.banner.close);
    this.out = out;
  }

  #enter() {
    const { entrance, memory, tab } = this.o;
    this.views = [];
    this.opened = '';
    this.dialogs?.close();
    const known = memory.get('known') !== '';
    this.entrance = new EntranceView({ entrance, tab, known, arrival: this.arrival, speak: (lang) => this.speak(lang) });
    this.#swap(this.entrance.root);
  }

  /** Takes what the address brings along out of it: it is for nobody else to see. */
  #arrive() {
    const came = arrival(location.hash);
    if (!came.invitation && !came.error && !came.join) return;
    if (came.join) this.o.tab.set('join', came.join);
    this.arrival = came;
    history.replaceState(null, '', location.pathname);
    this.entrance = null; // a page that is open shows it, too
    this.render(this.o.store.state);
  }

  #app() {
    const { actions, speech, memory, store, go } = this.o;
    const me = () => store.state.me?.id ?? '';
    const again = () => this.render(store.state);
    const people = (/** @type {string} */ room) => { if (!store.state.members.has(room)) actions.members(room); };
    this.entrance = null;
    this.arrival = arrival(''); // it has served
    const frame = new FrameView({
      go, again, folded: () => memory.get('folded') === 'yes', fold: (on) => memory.set('folded', on ? 'yes' : ''),
      open: { bell: () => this.panels((p) => p.bell()), new: () => this.panels((p) => p.start()), me: () => this.panels((p) => p.me()), search: () => this.#search() },
      room: { level: (room) => this.panels((p) => p.level(room)), invite: (room) => this.panels((p) => p.invite(room)), about: (room) => this.panels((p) => p.about(room)), pins: (room) => this.panels((p) => p.pins(room)) },
    });
    this.rooms = new RoomsView(frame.root, { go, browse: (text) => this.panels((p) => p.browse(text)), reload: () => actions.rooms() });
    this.composer = new ComposerView(frame.root, {
      say: (room, text, aim) => actions.say(room, text, aim),
      edit: (aim, text) => speech.edit(aim, text), editLast: () => speech.editLast(), newLine: () => speech.aim(null),
      draft: (room) => memory.draft(me(), room), keepDraft: (room, text) => memory.keepDraft(me(), room, text),
      people, types: (room, text) => this.o.types(room, text),
    });
    this.#swap(frame.root);
    this.views = [this.rooms, frame, new MembersView(frame.root, { load: (room) => actions.members(room), write: (name) => actions.direct(name).catch(again),
      tend: (person, at) => this.panels((p) => p.member(store.state.route.room, person, at)) }),
      new LogView(frame.root, {
        load: (what) => actions.load(what), end: () => actions.end(), again: (room) => actions.again(room), discard: (key) => actions.discard(key),
        jump: (seq) => go(`#/room/${store.state.lines?.room}/${seq}`), react: (seq, emoji) => speech.react(seq, emoji), menu: (row, at) => this.panels((p) => p.menu(row, at)),
        edits: (seq) => this.panels((p) => p.edits(seq)),
        follows: (on) => store.apply((s) => ({ ...s, follows: on })),
      }), this.composer, new TypingView(frame.root, people)];
  }

  /** @param {Element} screen */
  #swap(screen) {
    this.screen.replaceWith(screen);
    this.screen = screen;
  }

  /** The rooms are known: go where the address says, or to a room that makes sense. */
  arrive() {
    const { rooms, newcomer } = this.o.store.state;
    const first = sorted(rooms).find((r) => r.id === this.o.memory.get('room')) ?? sorted(rooms)[0];
    const somewhere = route(location.hash).room !== '';
    const narrow = matchMedia('(max-width: 699px)').matches;
    if (!somewhere && first && (!narrow || newcomer || rooms.size === 1)) history.replaceState(null, '', `#/room/${first.id}`);
    this.#travel();
    this.#join();
  }

  /** Asks whether one wants to join the room whose link one came with, once somebody is logged in. */
  #join() {
    const { tab, store } = this.o;
    const link = tab.get('join');
    if (!link || !store.state.roomsKnown) return;
    tab.set('join', '');
    this.panels((p) => p.joinBy(link));
  }

  /** Shows the place that the address names. */
  #travel() {
    const { state } = this.o.store;
    const to = route(location.hash);
    if (state.phase !== 'in') return;
    this.dialogs?.close();
    this.o.store.apply((s) => ({ ...s, route: to, lines: to.room ? s.lines : null }));
    this.#open();
  }

  /** Opens the room that the route names, as soon as I am in it. */
  #open() {
    const { rooms, lines, route: to } = this.o.store.state;
    const place = `${to.room} ${to.seq}`;
    if (!rooms.has(to.room) || (place === this.opened && lines?.room === to.room)) return;
    this.opened = place;
    if (to.pane === 'members' && lines?.room === to.room) return;
    this.o.memory.set('room', to.room);
    this.o.actions.open(to.room, to.seq);
  }

  /** Finds messages with the words that stand in the field above the rooms. */
  #search() {
    this.panels((p) => p.search(this.rooms?.field.value.trim()));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !this.rooms?.field.isConnected) return;
    if (key === 'f' && event.shiftKey) {
      event.preventDefault();
      return this.#search();
    }
    if (key !== 'k') return;
    event.preventDefault();
    this.dialogs?.close();
    const away = matchMedia('(max-width: 699px)').matches && this.o.store.state.route.room !== '';
    if (away) this.o.go('#/');
    this.jumping = away;
    if (!away) this.rooms.jump();
  }
}
