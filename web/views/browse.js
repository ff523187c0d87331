import { copy, get, name, patch, show, state as stateBox, wait } from './dom.js';
import { Panel } from './panel.js';
import { refusal } from './refusal.js';

/** Public rooms, to find and to join. */
export class BrowsePanel extends Panel {
  /**
   * @param {Tongue} tongue
   * @param {{ search(text: string, after?: string): Promise<{ rooms: MyRoom[], next?: string }>, mine(id: string): boolean, join(id: string): Promise<void> }} o
   */
  constructor(tongue, o) {
    super('browse', tongue);
    this.o = o;
    this.list = get(this.root, '.public');
    this.box = get(this.root, '.state');
    this.field = get(this.root, 'input');
    /** @type {MyRoom[]} */ this.rooms = [];
    this.next = '';
    this.asked = 0;
    /** @type {any} */ this.timer = null;
    this.field.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 200);
    });
  }

  /** @param {string} [text] */
  find(text = '') {
    this.field.value = text;
    return this.load();
  }

  /** @param {string} [after] */
  async load(after) {
    const asked = ++this.asked;
    if (!this.rooms.length) wait(this.box, this.tongue);
    try {
      const page = await this.o.search(this.field.value.trim(), after);
      if (asked !== this.asked) return;
      this.rooms = after ? [...this.rooms, ...page.rooms] : page.rooms;
      this.next = page.next ?? '';
      this.#show();
    } catch {
      if (asked === this.asked) stateBox(this.box, this.tongue.say('browse.failed'), this.tongue.say('retry'), () => this.load(after));
    }
  }

  #show() {
    patch(this.list, this.rooms, () => copy('public'), (element, room) => this.#row(element, room));
    if (!this.rooms.length) stateBox(this.box, this.tongue.say('browse.none'));
    else stateBox(this.box, '', this.next ? this.tongue.say('more') : '', () => this.load(this.next));
  }

  /** @param {any} element @param {MyRoom} room */
  #row(element, room) {
    const how = this.o.mine(room.id) ? 'browse.open' : 'browse.join';
    get(element, 'b').textContent = room.name;
    get(element, 'small').textContent = [room.topic, this.tongue.say('people', { n: room.members })].filter(Boolean).join(' · ');
    const button = get(element, 'button');
    show(button, this.tongue.say(how));
    name(button, this.tongue.say(`${how}.room`, { room: room.name }));
    button.onclick = () => this.#join(button, room.id);
  }

  /** @param {any} button @param {string} id */
  async #join(button, id) {
    button.disabled = true;
    try {
      await this.o.join(id);
      this.close();
    } catch (error) {
      button.disabled = false;
      stateBox(this.box, refusal(error, this.tongue));
    }
  }
}
