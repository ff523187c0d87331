import { codeOf } from '../client/failure.js';
import { languages, nameOf } from '../i18n/index.js';
import { copy, get, show, translate } from './dom.js';

/** @typedef {import('../i18n/index.js').Tongue} Tongue */

/** The first thing that a visitor sees: what this is, a name and a password. */
export class LoginView {
  /** @param {{ enter(how: 'signup'|'login', name: string, password: string): Promise<void>, speak(lang: string): void }} o */
  constructor(o) {
    this.o = o;
    this.root = copy('login');
    this.form = get(this.root, 'form');
    this.form.addEventListener('submit', (/** @type {SubmitEvent} */ event) => this.#submit(event));
    get(this.root, '[data-lang]').addEventListener('click', () => o.speak(this.other));
    /** @type {Tongue|null} */ this.tongue = null;
    this.other = 'en';
    this.code = '';
  }

  /** @param {import('../state.js').State} state @param {Tongue} tongue */
  render(state, tongue) {
    if (this.tongue !== tongue) this.#translate(tongue);
    show(get(this.root, '[data-farewell]'), state.farewell && tongue.say(`login.${state.farewell}`));
  }

  /** @param {Tongue} tongue */
  #translate(tongue) {
    this.tongue = tongue;
    translate(this.root, tongue);
    this.other = Object.keys(languages).find((lang) => lang !== tongue.lang) ?? 'en';
    const button = get(this.root, '[data-lang]');
    button.textContent = nameOf(this.other);
    button.lang = this.other;
    this.#sorry(this.code);
  }

  focus() {
    this.form.elements.name.focus();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const { name, password } = this.form.elements;
    const how = /** @type {HTMLButtonElement|null} */ (event.submitter)?.value === 'login' ? 'login' : 'signup';
    this.#busy(true);
    this.#sorry('');
    try {
      await this.o.enter(how, name.value.trim().normalize('NFC'), password.value);
    } catch (error) {
      this.#sorry(codeOf(error));
      this.#busy(false);
      (codeOf(error) === 'wrong_credentials' ? password : name).focus();
    }
  }

  /** @param {boolean} on */
  #busy(on) {
    for (const button of this.root.querySelectorAll('.choices button')) button.disabled = on;
  }

  /** @param {string} code */
  #sorry(code) {
    this.code = code;
    show(get(this.root, '.error'), code && (this.tongue?.sorry(code) ?? ''));
  }
}
