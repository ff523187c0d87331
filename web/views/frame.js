import { title } from '../state/rooms.js';
import { badge, copy, get, name, show, state as stateBox, translate, wait } from './dom.js';
import { until } from './line.js';

const wide = matchMedia('(min-width: 1100px)');
const narrow = matchMedia('(max-width: 699px)');

/** How and why one was put out of a room. @param {NonNullable<State['shownOut']>} out @param {Tongue} tongue */
export function putOut({ how, name: room, until: end, reason }, tongue) {
  const text = end ? tongue.say('room.banned.until', { room, when: until(end, tongue) }) : tongue.say(`room.${how}`, { room });
  return reason ? tongue.say('did.because', { text, reason }) : text;
}

/**
 * The page around the lists: which panes show, the buttons of the bars, and the
 * open room's name. Wide screens remember whether the people are folded away;
 * on others they are a place of their own, to which "back" leads and from which
 * it returns.
 */
export class FrameView {
  /**
   * @param {{ go(hash: string): void, folded(): boolean, fold(on: boolean): void, again(): void,
   *   open: Record<string, () => void>, room: Record<string, (room: string) => void> }} o
   */
  constructor(o) {
    this.o = o;
    this.root = copy('app');
    /** @type {Tongue|null} */ this.tongue = null;
    /** @type {State|null} */ this.state = null;
    this.root.addEventListener('click', (/** @type {MouseEvent} */ e) => this.#clicked(/** @type {Element} */ (e.target)));
    document.addEventListener('keydown', (e) => {
      const over = this.root.isConnected && !wide.matches && this.#room.pane === 'members';
      if (e.key === 'Escape' && over && !document.querySelector('dialog[open]')) this.#fold();
    });
    wide.addEventListener('change', () => o.again());
  }

  get #room() {
    return this.state?.route ?? { room: '', pane: 'rooms', seq: 0 };
  }

  /** @param {Element} target */
  #clicked(target) {
    const what = /** @type {any} */ (target.closest('[data-do]'))?.dataset.do ?? '';
    const id = this.#room.room;
    if (what in this.o.open) this.o.open[what]();
    if (what in this.o.room) this.o.room[what](id);
    if (what === 'back') this.o.go('#/');
    if (what === 'members') this.#toggle(id);
    if (what === 'fold') this.#fold();
  }

  /** @param {string} id */
  #toggle(id) {
    if (!wide.matches) return this.o.go(this.#room.pane === 'members' ? `#/room/${id}` : `#/room/${id}/people`);
    this.o.fold(!this.o.folded());
    this.o.again();
  }

  #fold() {
    if (!wide.matches) this.o.go(`#/room/${this.#room.room}`);
    else this.o.fold(true);
    this.o.again();
    if (!narrow.matches) get(this.root, '[data-do=members]').focus();
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    this.state = state;
    if (this.tongue !== tongue) translate(this.root, this.tongue = tongue);
    const room = state.rooms.get(state.route.room);
    get(this.root, '.room').hidden = !room;
    this.#noRoom(state, tongue);
    this.#people(state, room !== undefined);
    badge(get(this.root, '[data-bell-count]'), state.bell.unread, tongue, '');
    name(get(this.root, '[data-do=bell]'), state.bell.unread ? tongue.say('bell.count', { n: state.bell.unread }) : tongue.say('bell.title'));
    if (room) this.#bar(room, tongue);
    this.#turn(state.route.pane);
  }

  /** Shows another pane where only one has room, and takes the focus along. @param {string} pane */
  #turn(pane) {
    const before = this.root.dataset.pane;
    this.root.dataset.pane = pane;
    if (before === undefined || before === pane || !narrow.matches) return;
    const targets = { rooms: '.rooms [tabindex="0"]', room: '.room-name', members: '.thumb .back' };
    this.root.querySelector(targets[/** @type {keyof typeof targets} */ (pane)])?.focus();
  }

  /** @param {Room} room @param {Tongue} tongue */
  #bar(room, tongue) {
    const heading = get(this.root, '.room-name');
    if (heading.textContent !== title(room)) heading.textContent = title(room);
    heading.dir = 'auto';
    get(this.root, '[data-do=invite]').hidden = room.kind === 'direct';
    for (const what of ['level', 'pins']) get(this.root, `[data-do=${what}]`).hidden = room.kind !== 'direct'; // elsewhere they are among what the room is
    get(this.root, '[data-do=about]').hidden = room.kind === 'direct';
    show(get(this.root, '.topic'), room.topic ?? '');
    get(this.root, '[data-members-count]').textContent = String(room.members);
    name(get(this.root, '[data-do=members]'), tongue.say('members.count', { n: room.members }));
  }

  /** @param {State} state @param {Tongue} tongue */
  #noRoom(state, tongue) {
    const box = get(this.root, '[data-no-room]');
    const { room } = state.route;
    if (room && state.rooms.has(room)) stateBox(box, '');
    else if (!state.roomsKnown) wait(box, tongue);
    else if (room) stateBox(box, this.#farewell(state, tongue), tongue.say('room.gone.do'), () => this.o.go('#/'));
    else stateBox(box, tongue.say('room.none'));
  }

  /** Why the open room is closed to me. @param {State} state @param {Tongue} tongue */
  #farewell({ shownOut: out, route }, tongue) {
    return out?.room === route.room ? putOut(out, tongue) : tongue.say('room.gone');
  }

  /** @param {State} state @param {boolean} there */
  #people(state, there) {
    const shown = there && (wide.matches ? !this.o.folded() : state.route.pane === 'members');
    get(this.root, '.members-pane').hidden = !shown;
    get(this.root, '.shade').hidden = !shown || wide.matches;
    this.root.classList.toggle('with-people', shown);
    get(this.root, '[data-do=members]').setAttribute('aria-expanded', String(shown));
    if (shown && !wide.matches && !narrow.matches && !this.peopleShown) get(this.root, '.members-pane .close').focus();
    this.peopleShown = shown;
  }
}
