import { arrows, copy, get, name, only, state as stateBox } from './dom.js';
import { Panel } from './panel.js';

/** Emoji to choose from, found by their names. */
export class EmojiPanel extends Panel {
  /** @param {Tongue} tongue @param {Record<string, string>} names of every emoji, in words to find it by @param {(emoji: string) => void} choose */
  constructor(tongue, names, choose) {
    super('emojis', tongue);
    this.names = names;
    this.grid = get(this.root, '.emojis');
    this.field = get(this.root, 'input');
    this.buttons = Object.entries(names).map(([emoji, words]) => {
      const button = copy('emoji');
      button.textContent = emoji;
      name(button, words);
      button.addEventListener('click', () => { this.close(); choose(emoji); });
      return button;
    });
    arrows(this.grid, 'button');
    this.field.addEventListener('input', () => this.#find());
    this.field.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.#key(e));
    this.#find();
  }

  #find() {
    const hits = found(this.names, this.field.value);
    this.grid.replaceChildren(...this.buttons.filter((b) => hits.has(b.textContent)));
    only(this.grid, 'button', this.grid.firstElementChild);
    stateBox(get(this.root, '.state'), hits.size ? '' : this.tongue.say('emoji.none'));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter') this.grid.querySelector('button')?.click();
    if (event.key === 'ArrowDown') this.grid.querySelector('button')?.focus();
    if (event.key === 'Enter' || event.key === 'ArrowDown') event.preventDefault();
  }
}

/** The emoji whose names have all the words. @param {Record<string, string>} names @param {string} text */
export function found(names, text) {
  const words = text.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean);
  return new Set(Object.keys(names).filter((e) => words.every((w) => names[e].toLowerCase().includes(w))));
}
