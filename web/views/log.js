import { rows } from '../state/rows.js';
import { title, unread } from '../state/rooms.js';
import { arrows, badge, get, name, only, patch, state as stateBox, wait } from './dom.js';
import { makeRow, updateRow } from './line.js';

const near = 900; // load more when this many pixels are left
const end = 48; // this close to the end counts as there

/**
 * The messages of the open room. Whoever is at the end stays there when lines
 * come; for everybody else nothing on the screen moves.
 */
export class LogView {
  /**
   * @param {Element} app
   * @param {{ load(what: 'first'|'older'|'newer'): void, end(): void, again(room: string): void, discard(key: string): void, follows(on: boolean): void,
   *   jump(seq: number): void, react(seq: number, emoji: string): void, menu(row: Line, at: Element): void, edits(seq: number): void }} o
   */
  constructor(app, o) {
    this.o = o;
    this.log = get(app, '.log');
    this.box = get(app, '.lines');
    this.top = get(app, '.log-top');
    this.bottom = get(app, '.log-bottom');
    this.button = get(app, '.to-end');
    /** @type {State|null} */ this.state = null;
    /** @type {unknown[]} */ this.shown = [];
    /** @type {object|null} */ this.placed = null;
    this.log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.button.addEventListener('click', () => o.end());
    this.box.addEventListener('click', (/** @type {MouseEvent} */ e) => this.#clicked(/** @type {Element} */ (e.target)));
    this.box.addEventListener('contextmenu', (/** @type {any} */ e) => this.#pressed(e));
    arrows(this.box, '.more');
    new ResizeObserver(() => this.#stick()).observe(this.log);
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    this.state = state;
    const { lines, me } = state;
    if (!lines || !me) return;
    const room = state.rooms.get(lines.room);
    const wanted = [lines, state.outbox, tongue, room, state.follows, state.readers];
    if (wanted.every((w, i) => w === this.shown[i])) return;
    this.shown = []; // until all of it is shown
    const keep = this.#anchor();
    const entries = state.outbox.filter((e) => e.room === lines.room);
    this.log.setAttribute('aria-busy', String(lines.loading !== ''));
    patch(this.box, lines.loading === 'first' ? [] : rows(lines, entries, me, state.readers), (row) => makeRow(row, tongue), (element, row) => updateRow(element, row, tongue, me.id));
    only(this.box, '.more:not([hidden])', [...this.box.querySelectorAll('.more')].find((e) => e.tabIndex === 0 && !e.hidden) ?? [...this.box.querySelectorAll('.more:not([hidden])')].at(-1));
    this.#ends(lines, state, tongue);
    this.#place(lines, keep);
    this.#offer(state, lines, tongue);
    this.shown = wanted;
  }

  /** What stands before the first line and after the last. @param {Lines} lines @param {State} state @param {Tongue} tongue */
  #ends(lines, state, tongue) {
    const failed = (/** @type {string} */ what) => lines.failed?.what === what;
    const again = (/** @type {'first'|'older'|'newer'} */ what, /** @type {any} */ box) => stateBox(box, tongue.say('log.failed'), tongue.say('retry'), () => this.o.load(what));
    if (failed('first')) again('first', this.top);
    else if (failed('older')) again('older', this.top);
    else if (lines.loading === 'first' || lines.older) wait(this.top, tongue);
    else stateBox(this.top, begin(lines, state, tongue));
    if (failed('newer')) again('newer', this.bottom);
    else if (lines.newer) wait(this.bottom, tongue);
    else stateBox(this.bottom, '');
  }

  /** Puts the lines where the eye expects them. @param {Lines} lines @param {() => void} keep */
  #place(lines, keep) {
    const ready = lines.loading !== 'first' && !lines.failed;
    if (ready && this.placed !== lines.visit) {
      this.placed = lines.visit;
      this.#first(lines);
    } else if (this.state?.follows) this.#stick();
    else keep();
    if (ready) this.#scrolled(); // what loaded may have brought the end onto the screen
  }

  /** A room that has just been opened: at the line asked for, where one left off, or at the end. @param {Lines} lines */
  #first(lines) {
    const mark = [...this.box.children].find((e) => (lines.target ? e.row?.seq === lines.target : e.row?.kind === 'new'));
    this.log.scrollTop = this.log.scrollHeight;
    if (mark) this.#show(mark, lines.target > 0);
  }

  /** @param {any} mark @param {boolean} asked it is the line that was asked for, not the first new one */
  #show(mark, asked) {
    const gap = mark.getBoundingClientRect().top - this.log.getBoundingClientRect().top;
    const wanted = asked ? this.log.clientHeight / 3 : 16;
    if (gap < wanted) this.log.scrollTop += gap - wanted;
    if (asked) mark.setAttribute('aria-current', 'true'); // which stays when the line's classes are written anew
  }

  #stick() {
    if (this.state?.follows) this.log.scrollTop = this.log.scrollHeight;
  }

  /** Remembers what is on the screen; the function that it returns puts it back there. */
  #anchor() {
    if (this.state?.follows) return () => {};
    const top = this.log.getBoundingClientRect().top;
    /** @type {{ element: any, y: number }[]} */
    const visible = [];
    for (const element of this.box.children) {
      const { top: y, bottom } = element.getBoundingClientRect();
      if (bottom > top && element.row?.kind !== 'day') visible.push({ element, y });
      if (visible.length === 20) break;
    }
    return () => {
      const still = visible.find((s) => s.element.isConnected);
      if (still) this.log.scrollTop += still.element.getBoundingClientRect().top - still.y;
    };
  }

  #scrolled() {
    const lines = this.state?.lines;
    if (!lines || lines.loading === 'first') return;
    const left = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
    const follows = left < end && lines.live;
    if (follows !== this.state?.follows) this.o.follows(follows);
    this.#more();
  }

  /** Loads more where the end of what we have is near. */
  #more() {
    const lines = this.state?.lines;
    if (!lines || lines.loading || lines.failed) return;
    if (lines.older && this.log.scrollTop < near) this.o.load('older');
    else if (lines.newer && this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < near) this.o.load('newer');
  }

  /** The button to the end, with what is new there. @param {State} state @param {Lines} lines @param {Tongue} tongue */
  #offer(state, lines, tongue) {
    const room = state.rooms.get(lines.room);
    const count = room ? unread(room) : 0;
    this.button.hidden = state.follows || lines.loading === 'first';
    badge(get(this.button, '.badge'), count, tongue, '');
    name(this.button, count ? tongue.say('log.end.count', { n: count }) : tongue.say('log.end'));
  }

  /** @param {Element} target */
  #clicked(target) {
    const line = /** @type {any} */ (target.closest('.line'));
    const key = line?.dataset.key;
    const data = /** @type {any} */ (target.closest('button'))?.dataset ?? {};
    if (data.jump) this.o.jump(Number(data.jump));
    if (data.react) this.o.react(line.row.seq, data.react);
    if ('edits' in data) this.o.edits(line.row.seq);
    if ('more' in data) this.o.menu(line.row, get(line, '.more'));
    if (target.closest('[data-again]') && this.state?.lines) this.o.again(this.state.lines.room);
    if (target.closest('[data-discard]')) this.o.discard(key);
  }

  /** A finger that stays on a line asks what one can do with it. @param {any} event */
  #pressed(event) {
    const line = event.target.closest('.line');
    if (event.pointerType !== 'touch' || !line || get(line, '.more').hidden || event.target.closest('a')) return;
    event.preventDefault();
    this.o.menu(line.row, get(line, '.more'));
  }
}

/** @param {Lines} lines @param {State} state @param {Tongue} tongue */
function begin(lines, state, tongue) {
  const room = state.rooms.get(lines.room);
  if (!room) return '';
  const text = room.kind === 'direct' ? tongue.say('log.begin.direct', { name: title(room) }) : tongue.say('log.begin', { room: title(room) });
  return lines.items.some((i) => i.event.type === 'message.posted') ? text : `${text} ${tongue.say('log.empty')}`;
}
