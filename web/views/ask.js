import { codeOf } from '../client/failure.js';
import { copy, get, show } from './dom.js';
import { Panel } from './panel.js';

/** A dialog that asks one thing and does it. */
export class AskPanel extends Panel {
  /**
   * @param {Tongue} tongue
   * @param {Question} question
   * @param {(answer: { name: string, kind: 'public'|'private' }) => Promise<string|void>} act what it returns is shown and the dialog stays; without it the dialog closes
   */
  constructor(tongue, question, act) {
    super('ask', tongue);
    this.question = question;
    this.act = act;
    this.form = get(this.root, 'form');
    this.field = get(this.root, 'input[name=name]');
    this.button = get(this.root, '.primary');
    this.button.classList.toggle('danger', question.danger === true);
    this.field.required = question.name !== undefined;
    if (question.longest) this.field.maxLength = question.longest;
    this.form.addEventListener('submit', (/** @type {Event} */ e) => this.#submit(e));
    this.#words(tongue);
  }

  /** @param {Tongue} tongue */
  #words(tongue) {
    const { title, lead, name, kind, action } = this.question;
    const say = (/** @type {string|undefined} */ key) => (key ? tongue.say(key) : '');
    show(get(this.root, 'h2'), tongue.say(title, this.question.values));
    show(get(this.root, '.lead'), say(lead));
    get(this.root, '.ask-name').hidden = !name;
    get(this.root, '.ask-name span').textContent = say(name);
    get(this.root, '.ask-kind').hidden = !kind;
    this.button.textContent = say(action);
    if (!kind) return;
    get(this.root, '.options').replaceChildren(...['public', 'private'].map((value) => {
      const option = copy('option');
      Object.assign(get(option, 'input'), { name: 'kind', value, checked: value === 'public' });
      get(option, 'span').textContent = tongue.say(`make.${value}`);
      return option;
    }));
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    const kind = this.form.elements.kind?.value === 'private' ? 'private' : 'public';
    try {
      const done = await this.act({ name: this.field.value.trim().normalize('NFC'), kind });
      this.#tell('', done ?? '');
      if (!done) this.close();
      this.field.value = '';
    } catch (error) {
      this.#tell(this.tongue.sorry(codeOf(error), this.question.sorry), '');
    }
    this.button.disabled = false;
    if (this.question.name) this.field.focus();
  }

  /** @param {string} sorry @param {string} done */
  #tell(sorry, done) {
    show(get(this.root, '.error'), sorry);
    show(get(this.root, '.done'), done);
  }
}
