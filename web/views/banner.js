import { copy, get, name, show } from './dom.js';

/** One sentence over everything, and what to do about it: a part that does not come, a fault of the page itself. */
export class Banner {
  constructor() {
    this.root = copy('banner');
    this.close = () => this.root.remove();
    get(this.root, '[data-close]').addEventListener('click', this.close);
  }

  /** @param {Tongue} tongue @param {string} key @param {string} [action] key of what the button says @param {() => void} [run] @param {Record<string, string>} [values] */
  say(tongue, key, action = '', run = () => {}, values = {}) {
    show(get(this.root, 'p'), tongue.say(key, values));
    const button = get(this.root, '.quiet');
    show(button, action && tongue.say(action));
    button.onclick = run;
    name(get(this.root, '[data-close]'), tongue.say('close'));
    // An open dialog makes all that is outside of it deaf.
    const over = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
    if (this.root.parentNode !== over) over.append(this.root);
  }
}
