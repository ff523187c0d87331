import { activity, found, mentioned, sorted, title, unread } from '../state/rooms.js';
import { standing } from '../state/there.js';
import { dot } from './there.js';
import { arrows, badge, copy, face, get, only, patch, show, state as stateBox, wait } from './dom.js';

/** The list of my rooms and the field that jumps to one. */
export class RoomsView {
  /** @param {Element} app @param {{ go(hash: string): void, browse(text: string): void, reload(): void }} o */
  constructor(app, o) {
    this.o = o;
    this.list = get(app, '.rooms');
    this.box = get(app, '[data-rooms-state]');
    this.field = get(app, '#jump');
    /** @type {{ rooms: unknown, presence: unknown, room: string, tongue: unknown, failed: string, text: string }} */
    this.shown = { rooms: null, presence: null, room: '', tongue: null, failed: '', text: '' };
    /** @type {State|null} */ this.state = null;
    /** @type {Tongue|null} */ this.tongue = null;
    arrows(this.list, 'a');
    this.field.addEventListener('input', () => this.#again());
    this.field.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.#key(e));
    this.list.addEventListener('click', () => this.#clear());
  }

  /** Goes to the field. */
  jump() {
    this.field.focus();
    this.field.select();
  }

  #clear() {
    this.field.value = '';
    this.#again();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const first = this.list.querySelector('a');
    if (event.key === 'ArrowDown' && first) {
      event.preventDefault();
      first.focus();
    } else if (event.key === 'Enter' && first) {
      this.o.go(first.getAttribute('href'));
      this.#clear();
    } else if (event.key === 'Escape' && this.field.value) {
      event.stopPropagation();
      this.#clear();
    }
  }

  #again() {
    if (this.state && this.tongue) this.render(this.state, this.tongue);
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    this.state = state;
    this.tongue = tongue;
    const wanted = { rooms: state.rooms, presence: state.presence, room: state.route.room, tongue, failed: state.roomsFailed, text: this.field.value };
    if (/** @type {(keyof typeof wanted)[]} */ (Object.keys(wanted)).every((k) => wanted[k] === this.shown[k])) return;
    this.shown = wanted;
    const rooms = found(sorted(state.rooms), wanted.text);
    patch(this.list, rooms, () => copy('room'), (element, room) => this.#row(element, room, state, tongue));
    only(this.list, 'a');
    this.#empty(state, tongue, rooms.length);
  }

  /** @param {State} state @param {Tongue} tongue @param {number} count */
  #empty(state, tongue, count) {
    const text = this.field.value.trim();
    if (state.roomsFailed && !state.roomsKnown) stateBox(this.box, tongue.say('rooms.failed'), tongue.say('retry'), this.o.reload);
    else if (count) stateBox(this.box, '');
    else if (!state.roomsKnown) wait(this.box, tongue);
    else stateBox(this.box, text ? tongue.say('rooms.nothing', { text }) : tongue.say('rooms.none'), tongue.say('rooms.find'), () => this.o.browse(text));
  }

  /** @param {any} element @param {Room} room @param {State} state @param {Tongue} tongue */
  #row(element, room, state, tongue) {
    const there = room.peer && standing(state.presence, room.id, room.peer.id);
    if (element.room === room && element.tongue === tongue && element.there === there && element.open === (state.route.room === room.id)) return;
    dot(get(element, '.there'), there, tongue);
    Object.assign(element, { room, tongue, there, open: state.route.room === room.id });
    const link = element.firstElementChild;
    link.setAttribute('href', `#/room/${room.id}`);
    link.toggleAttribute('aria-current', element.open);
    if (element.open) link.setAttribute('aria-current', 'page');
    face(get(element, '.face'), room.peer?.id ?? room.id, title(room));
    get(element, '.face').classList.toggle('square', room.kind !== 'direct');
    show(get(element, '.room-title'), title(room));
    show(get(element, '.room-last'), preview(room, state.me?.id ?? '', tongue));
    get(element, 'time').textContent = tongue.when(activity(room));
    get(element, 'time').dateTime = new Date(activity(room)).toISOString();
    link.classList.toggle('has-unread', unread(room) > 0);
    badge(get(element, '[data-unread]'), unread(room), tongue, 'rooms.unread');
    badge(get(element, '[data-mentions]'), mentioned(room), tongue, 'rooms.mentions');
  }
}

/** @param {Room} room @param {string} me @param {Tongue} tongue */
function preview(room, me, tongue) {
  if (!room.last) return tongue.say('rooms.quiet');
  const { type, actor, data } = room.last.event;
  if (type !== 'message.posted') return tongue.say('line.erased');
  const text = data.text.slice(0, 200).replace(/\s+/g, ' ');
  if (actor?.id === me) return tongue.say('rooms.you', { text });
  return room.kind === 'direct' || !actor ? text : tongue.say('rooms.said', { name: actor.name, text });
}
