import { codeOf } from '../client/failure.js';
import { pieces, wordsOf } from '../state/found.js';
import { title } from '../state/rooms.js';
import { arrows, copy, face, get, only, patch, show, state as stateBox, wait } from './dom.js';
import { Panel } from './panel.js';

const pause = 300; // milliseconds without typing before natter is asked

/** Finds messages, in the open room or in all, newest first. */
export class SearchPanel extends Panel {
  /**
   * @param {Tongue} tongue
   * @param {{ rooms: Rooms, room: string, search(text: string, room: string, before?: string): Promise<{ items: Hit[], next?: string }>,
   *   open(room: string, seq: number): void }} o `room` is the open one, or ''
   */
  constructor(tongue, o) {
    super('search', tongue);
    this.o = o;
    this.list = get(this.root, '.found');
    this.box = get(this.root, '.state');
    this.field = get(this.root, 'input[type=search]');
    /** @type {Hit[]} */ this.items = [];
    this.next = '';
    this.asked = 0;
    /** @type {any} */ this.timer = null;
    get(this.root, '.where').hidden = !o.rooms.has(o.room);
    this.field.addEventListener('input', () => this.#soon());
    this.field.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.#key(e));
    for (const input of this.root.querySelectorAll('input[type=radio]')) input.addEventListener('change', () => this.load());
    this.root.addEventListener('close', () => { clearTimeout(this.timer); this.asked++; });
    arrows(this.list, 'button');
  }

  open() {
    super.open();
    this.field.focus();
    return this;
  }

  /** @param {string} text */
  find(text) {
    this.field.value = text;
    return this.load();
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), pause);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const first = this.list.querySelector('button');
    if (event.key === 'ArrowDown' && first) {
      event.preventDefault();
      first.focus();
    } else if (event.key === 'Enter') {
      clearTimeout(this.timer);
      this.load();
    }
  }

  /** The room to look in, '' for all. */
  get #where() {
    return !get(this.root, '.where').hidden && get(this.root, '[data-here]').checked ? this.o.room : '';
  }

  /** @param {string} [before] more of the same @returns {Promise<void>} */
  async load(before) {
    const text = this.field.value.trim();
    const asked = ++this.asked;
    if (!before) this.items = [];
    if (!text) return this.#show(text);
    if (!before) this.#show(text);
    wait(this.box, this.tongue);
    try {
      const page = await this.o.search(text, this.#where, before);
      if (asked !== this.asked) return;
      this.items = [...this.items, ...page.items];
      this.next = page.next ?? '';
      if (!page.items.length && this.next) return this.load(this.next); // natter looked through much and found nothing yet
      this.#show(text);
    } catch (error) {
      if (asked === this.asked) stateBox(this.box, this.tongue.sorry(codeOf(error), { bad_request: 'search.bad', internal: 'search.failed' }), this.tongue.say('retry'), () => this.load(before));
    }
  }

  /** @param {string} text */
  #show(text) {
    const words = wordsOf(text);
    patch(this.list, this.items.map((hit) => ({ ...hit, id: String(hit.seq) })), () => copy('found'), (element, hit) => this.#row(element, hit, words));
    only(this.list, 'button');
    if (!text) stateBox(this.box, this.tongue.say('search.begin'));
    else if (!this.items.length) stateBox(this.box, this.tongue.say('search.none'));
    else stateBox(this.box, '', this.next ? this.tongue.say('more') : '', () => this.load(this.next));
  }

  /** @param {any} element @param {Hit} hit @param {readonly string[]} words */
  #row(element, { room: id, seq, event: { actor, data, time } }, words) {
    const room = this.o.rooms.get(id);
    face(get(element, '.face'), actor?.id ?? '', actor?.name ?? '');
    show(get(element, '.found-who'), actor?.name ?? '');
    show(get(element, '.found-room'), room ? title(room) : '');
    get(element, 'time').textContent = this.tongue.when(Date.parse(time));
    get(element, '.found-text').replaceChildren(...pieces(data.text ?? '', words).map((piece) => (piece.hit ? Object.assign(document.createElement('mark'), { textContent: piece.text }) : piece.text)));
    get(element, 'button').onclick = () => {
      this.close();
      this.o.open(id, seq);
    };
  }
}
