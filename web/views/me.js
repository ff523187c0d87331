import { codeOf } from '../client/failure.js';
import { languages, nameOf } from '../i18n/index.js';
import { copy, get, show } from './dom.js';
import { Panel } from './panel.js';

/** Settings: the ways to one's account, colours, language, and the way out. */
export class MePanel extends Panel {
  /**
   * @param {Tongue} tongue @param {string} who
   * @param {{ theme(): string, paint(theme: string): void, speak(lang: string): void, logout(): Promise<void>,
   *   open(what: 'password'|'email'|'devices'|'programs'|'security'|'folk'|'invitations'|'everybody'): void }} o
   */
  constructor(tongue, who, o) {
    super('me', tongue);
    this.o = o;
    get(this.root, 'h2').textContent = who;
    get(this.root, '[data-logout]').addEventListener('click', (/** @type {any} */ e) => this.#logout(e.target));
    for (const button of this.root.querySelectorAll('[data-open]')) button.addEventListener('click', () => o.open(button.dataset.open));
    this.#words(tongue);
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    const { role = 'member', email = '', has_password: password = true } = state.account ?? {};
    show(get(this.root, '[data-email]'), email);
    get(this.root, '[data-staff]').hidden = role === 'member';
    get(this.root, '[data-open=everybody]').hidden = role !== 'owner';
    for (const what of ['password', 'email']) get(this.root, `[data-open=${what}]`).hidden = !password;
    if (this.tongue === tongue) return;
    super.render(state, tongue);
    this.#words(tongue);
  }

  /** @param {Tongue} tongue */
  #words(tongue) {
    const themes = ['auto', 'light', 'dark'].map((value) => ({ value, text: tongue.say(`me.theme.${value}`), lang: tongue.lang }));
    const langs = languages.map((lang) => ({ value: lang, text: nameOf(lang), lang }));
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
