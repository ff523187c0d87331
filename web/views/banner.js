import { copy, get, name, show } from './dom.js';

/** One sentence over everything, and what to do about it: a part that does not come, a fault of the page itself. */
export class Banner {
  constructor() {
    this.root = copy('banner');
    this.close = () => this.root.remove();
    get(this.root, '[data-close]').addEventListener('click', this.close);
  }

  /** @param {Tongue} tongue @param {string} key @param {string} [action] key of what the button says @param {() => void} [run] */
  say(tongue, key, action = '', run = () => {}) {
    this.tell(tongue, tongue.say(key), action, run);
  }

  /** @param {Tongue} tongue @param {string} text @param {string} action @param {() => void} run */
  tell(tongue, text, action, run) {
    show(get(this.root, 'p'), text);
    const button = get(this.root, '.quiet');
    show(button, action && tongue.say(action));
    button.onclick = run;
    name(get(this.root, '[data-close]'), tongue.say('close'));
    // An open dialog makes all that is outside of it deaf.
    const over = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
    if (this.root.parentNode !== over) over.append(this.root);
  }
}
