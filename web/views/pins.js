import { codeOf } from '../client/failure.js';
import { arrows, copy, face, get, only, patch, show, state as stateBox, wait } from './dom.js';
import { Panel } from './panel.js';

/** What is pinned in a room, the newest pin first; choosing one leads to it. */
export class PinsPanel extends Panel {
  /** @param {Tongue} tongue @param {{ load(): Promise<{ items: Item[] }>, open(seq: number): void }} o */
  constructor(tongue, o) {
    super('pins', tongue);
    this.o = o;
    this.list = get(this.root, '.found');
    this.box = get(this.root, '.state');
    /** @type {readonly Item[]|null} */ this.items = null;
    /** @type {number|undefined} */ this.pinned = undefined;
    this.asked = 0;
    arrows(this.list, 'button');
  }

  /** Asks anew when a line of the room gets or loses its pin. @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    const spoken = this.tongue !== tongue;
    super.render(state, tongue);
    const pinned = state.lines?.items.filter((i) => i.pinned).length;
    if (pinned !== this.pinned) this.load();
    else if (spoken && this.items) this.#show(this.items);
    this.pinned = pinned;
  }

  async load() {
    const asked = ++this.asked;
    if (!this.items) wait(this.box, this.tongue);
    try {
      const { items } = await this.o.load();
      if (asked === this.asked) this.#show(items);
    } catch (error) {
      if (asked === this.asked) stateBox(this.box, this.tongue.sorry(codeOf(error)), this.tongue.say('retry'), () => this.load());
    }
  }

  /** @param {readonly Item[]} items */
  #show(items) {
    const first = !this.items;
    this.items = items;
    patch(this.list, items.map((item) => ({ ...item, id: String(item.seq) })), () => copy('found'), (element, item) => this.#row(element, item));
    only(this.list, 'button');
    stateBox(this.box, items.length ? '' : this.tongue.say('pins.none'));
    if (first) this.list.querySelector('button')?.focus();
  }

  /** @param {any} element @param {Item} item */
  #row(element, { seq, event: { actor, data, time } }) {
    face(get(element, '.face'), actor?.id ?? '', actor?.name ?? '');
    show(get(element, '.found-who'), actor?.name ?? '');
    get(element, 'time').textContent = this.tongue.when(Date.parse(time));
    get(element, '.found-text').textContent = data.text.replaceAll('```', '').trim();
    get(element, 'button').onclick = () => {
      this.close();
      this.o.open(seq);
    };
  }
}
