import { copy, get, name } from './dom.js';
import { Panel } from './panel.js';

const quick = ['👍', '❤️', '😂', '🎉', '😮', '😢'];

/** @typedef {{ key: string, danger?: boolean, run(): void }} Choosable what can be done with a line: the key of its name */

/** What one can do with a line: a menu beside it, a sheet on a phone. */
export class MenuPanel extends Panel {
  /** @param {Tongue} tongue @param {Element} at the line's button @param {Choosable[]} choices @param {((emoji: string) => void)|null} react null where there is nothing to react to @param {() => void} more shows all emoji @param {string} [label] what the menu is about, the line by default */
  constructor(tongue, at, choices, react, more, label) {
    super('menu', tongue);
    this.at = at;
    if (label) name(this.root, label);
    get(this.root, '.quick').hidden = !react;
    const buttons = react ? quick.map((emoji) => this.#button(emoji, () => react(emoji))) : [];
    const all = get(this.root, '[data-all-emoji]');
    all.addEventListener('click', () => { this.close(); more(); });
    get(this.root, '.quick').prepend(...buttons);
    get(this.root, '.choices-of-line').append(...choices.map((c) => this.#choice(c)));
    this.root.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.#key(e));
  }

  /** @param {string} emoji @param {() => void} run */
  #button(emoji, run) {
    const button = copy('emoji');
    button.textContent = emoji;
    name(button, this.tongue.say('react.with', { emoji }));
    button.addEventListener('click', () => { this.close(); run(); });
    return button;
  }

  /** @param {Choosable} choice */
  #choice({ key, danger, run }) {
    const item = copy('choice');
    const button = get(item, 'button');
    button.textContent = this.tongue.say(key);
    button.dataset.choice = key;
    button.classList.toggle('danger', danger === true);
    button.addEventListener('click', () => { this.close(); run(); });
    return item;
  }

  open() {
    super.open();
    if (matchMedia('(min-width: 700px)').matches) this.#place();
    get(this.root, '.choices-of-line button').focus();
    return this;
  }

  /** Beside the line, and within the screen. */
  #place() {
    const { top, bottom, left } = this.at.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const y = bottom + height < innerHeight ? bottom : Math.max(8, top - height);
    Object.assign(this.root.style, { margin: '0', top: `${y}px`, left: `${Math.max(8, Math.min(left, innerWidth - width - 8))}px` });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const all = [...this.root.querySelectorAll('button')].filter((b) => b.checkVisibility());
    const here = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step || here < 0) return;
    event.preventDefault();
    all[(here + step + all.length) % all.length].focus();
  }
}
