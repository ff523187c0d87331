import { title } from '../state/rooms.js';
import { hushed } from '../state/standing.js';
import { AimView } from './aim.js';
import { get, show } from './dom.js';
import { until } from './line.js';
import { NamesView } from './names.js';

/** Names for many: who is online, and all members. natter says who may use them. */
const crowds = [{ id: 'here', name: 'here' }, { id: 'room', name: 'room' }];

const longest = 8000; // bytes of a message

/** Where one writes: grows to six lines, keeps a draft for every room, never waits. */
export class ComposerView {
  /**
   * @param {Element} app
   * @param {{ say(room: string, text: string, aim: Aim|null): void, edit(aim: Aim, text: string): void, editLast(): boolean, newLine(): void, draft(room: string): string, keepDraft(room: string, text: string): void, people(room: string): void, types(room: string, text: string): void }} o
   * `people` asks for the names of a room's members.
   */
  constructor(app, o) {
    this.o = o;
    this.form = get(app, '.composer');
    this.field = get(app, '.composer textarea');
    this.hint = get(app, '.newcomer');
    this.hush = get(app, '.hush');
    /** @type {any} */ this.speaks = null;
    this.names = new NamesView(app, this.field);
    this.aimView = new AimView(app, () => { o.newLine(); this.field.focus(); });
    /** @type {Aim|null} */ this.aim = null;
    this.room = '';
    this.tooLong = false;
    /** @type {State|null} */ this.state = null;
    /** @type {Tongue|null} */ this.tongue = null;
    this.form.addEventListener('submit', (/** @type {Event} */ e) => this.#submit(e));
    this.field.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.#key(e));
    this.field.addEventListener('input', () => { this.#changed(); o.types(this.room, this.field.value); });
    this.field.addEventListener('click', () => this.names.look(this.#people(), this.tongue));
    this.field.addEventListener('blur', () => this.names.close());
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    this.state = state;
    this.tongue = tongue;
    const room = state.rooms.get(state.route.room);
    if (room) this.#quiet(room, tongue);
    if (room && room.id !== this.room) this.#open(room.id);
    if (state.aim !== this.aim) this.#aim(state.aim);
    this.aimView.render(this.aim, tongue);
    const greeting = state.newcomer && room?.kind === 'public' ? tongue.say('composer.newcomer', { room: title(room) }) : '';
    show(this.hint, this.tooLong ? tongue.say('composer.long') : greeting);
    this.hint.classList.toggle('error', this.tooLong);
  }

  /** Says why one cannot write here, in place of the field; whoever is muted may write again by themselves. @param {Room} room @param {Tongue} tongue */
  #quiet(room, tongue) {
    const now = Date.now();
    const why = hushed(room, now);
    clearTimeout(this.speaks);
    show(this.hush, why && tongue.say(`composer.${why}`, { when: room.muted ? until(room.muted, tongue) : '' }));
    this.form.classList.toggle('hushed', why !== '');
    this.field.hidden = get(this.form, '.send').hidden = why !== '';
    if (why === 'muted') this.speaks = setTimeout(() => this.state && this.tongue && this.render(this.state, this.tongue), Math.min(Date.parse(room.muted ?? '') - now, 3_600_000));
  }

  focus() {
    this.field.focus();
  }

  /** @param {string} room */
  #open(room) {
    this.room = room;
    this.aim = null;
    this.field.value = this.o.draft(room);
    this.names.close();
    this.#grow();
    if (!matchMedia('(pointer: coarse)').matches && !document.querySelector('dialog[open]')) this.field.focus();
  }

  /** Begins to write something else; the draft waits while a line is edited. @param {Aim|null} aim */
  #aim(aim) {
    const edited = this.aim?.kind === 'edit';
    this.aim = aim;
    if (aim?.kind === 'edit') this.field.value = aim.text;
    else if (edited) this.field.value = this.o.draft(this.room);
    this.#grow();
    if (aim) this.field.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // Enter that ends a composition of Korean, Japanese or Chinese is not
    // for us: isComposing says so, 229 where a browser tells us too late.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.names.key(event)) return;
    if (event.key === 'Escape' && this.aim) return this.o.newLine();
    if (event.key === 'ArrowUp' && !this.field.value && !this.aim && this.o.editLast()) event.preventDefault();
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) this.#submit(event);
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (!text || !this.room || this.tooLong) return this.field.focus();
    if (this.aim?.kind === 'edit') return this.o.edit(this.aim, text);
    const { aim } = this;
    this.field.value = '';
    this.#changed();
    this.field.focus();
    this.o.say(this.room, text, aim);
  }

  #changed() {
    this.#grow();
    if (this.aim?.kind !== 'edit') this.o.keepDraft(this.room, this.field.value);
    this.tooLong = new TextEncoder().encode(this.field.value.trim()).length > longest;
    if (this.field.value.includes('@')) this.o.people(this.room);
    this.names.look(this.#people(), this.tongue);
    if (this.state && this.tongue) this.render(this.state, this.tongue);
  }

  #grow() {
    this.field.style.height = 'auto';
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  /** Who can be named here: the members that we know, and who wrote last. @returns {Person[]} */
  #people() {
    const state = this.state;
    if (!state) return [];
    const wrote = state.lines?.room === this.room ? state.lines.items.flatMap((i) => i.event.actor ?? []).reverse() : [];
    const all = [...wrote, ...(state.members.get(this.room)?.items ?? []), ...crowds];
    return [...new Map(all.map((p) => [p.id, p])).values()].filter((p) => p.id !== state.me?.id);
  }
}
