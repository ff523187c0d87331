import { codeOf } from '../client/failure.js';
import { languages, nameOf } from '../i18n/index.js';
import { copy, get, show } from './dom.js';
import { Panel } from './panel.js';

/** @typedef {import('../i18n/index.js').Tongue} Tongue */

/** Settings: colours, language, and the way out. */
export class MePanel extends Panel {
  /** @param {Tongue} tongue @param {string} who @param {{ theme(): string, paint(theme: string): void, speak(lang: string): void, logout(): Promise<void> }} o */
  constructor(tongue, who, o) {
    super('me', tongue);
    this.o = o;
    get(this.root, 'h2').textContent = who;
    get(this.root, '[data-logout]').addEventListener('click', (/** @type {any} */ e) => this.#logout(e.target));
    this.#words(tongue);
  }

  /** @param {import('../state.js').State} state @param {Tongue} tongue */
  render(state, tongue) {
    if (this.tongue === tongue) return;
    super.render(state, tongue);
    this.#words(tongue);
  }

  /** @param {Tongue} tongue */
  #words(tongue) {
    const themes = ['auto', 'light', 'dark'].map((value) => ({ value, text: tongue.say(`me.theme.${value}`), lang: tongue.lang }));
    const langs = Object.keys(languages).map((lang) => ({ value: lang, text: nameOf(lang), lang }));
    options(get(this.root, '[data-themes]'), 'theme', themes, this.o.theme(), this.o.paint);
    options(get(this.root, '[data-langs]'), 'lang', langs, tongue.lang, this.o.speak);
  }

  /** @param {any} button */
  async #logout(button) {
    button.disabled = true;
    try {
      await this.o.logout();
      this.close();
    } catch (error) {
      button.disabled = false;
      show(get(this.root, '.error'), this.tongue.sorry(codeOf(error)));
    }
  }
}

/**
 * @param {any} box @param {string} group @param {{ value: string, text: string, lang: string }[]} all
 * @param {string} chosen @param {(value: string) => void} choose
 */
function options(box, group, all, chosen, choose) {
  const had = box.contains(document.activeElement);
  box.replaceChildren(...all.map(({ value, text, lang }) => {
    const option = copy('option');
    const input = get(option, 'input');
    Object.assign(input, { name: group, value, checked: value === chosen });
    input.addEventListener('change', () => choose(value));
    Object.assign(get(option, 'span'), { textContent: text, lang });
    return option;
  }));
  if (had) box.querySelector('input:checked')?.focus();
}
