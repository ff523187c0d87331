import { copy, get, show } from './dom.js';
import { Panel } from './panel.js';
import { refusal } from './refusal.js';

/** One line of text in one form. @param {string} text */
const one = (text) => text.replace(/\s+/g, ' ').trim().normalize('NFC');

/** A dialog that asks one thing and does it. */
export class AskPanel extends Panel {
  /**
   * @param {Tongue} tongue
   * @param {Question} question
   * @param {(answer: Answer) => Promise<string|void>} act what it returns is shown and the dialog stays; without it the dialog closes
   */
  constructor(tongue, question, act) {
    super('ask', tongue);
    this.question = question;
    this.act = act;
    this.form = get(this.root, 'form');
    this.field = get(this.root, 'input[name=name]');
    this.button = get(this.root, '.primary');
    this.button.classList.toggle('danger', question.danger === true);
    this.field.required = question.name !== undefined && !question.optional;
    if (question.longest) this.field.maxLength = question.longest;
    this.form.addEventListener('submit', (/** @type {Event} */ e) => this.#submit(e));
    this.#words(tongue);
  }

  /** @param {Tongue} tongue */
  #words(tongue) {
    const { title, lead, name, topic, legend, options, action } = this.question;
    const say = (/** @type {string|undefined} */ key) => (key ? tongue.say(key) : '');
    show(get(this.root, 'h2'), tongue.say(title, this.question.values));
    show(get(this.root, '.lead'), say(lead));
    get(this.root, '.ask-name').hidden = !name;
    get(this.root, '.ask-name span').textContent = say(name);
    get(this.root, '.ask-topic').hidden = !topic;
    get(this.root, '.ask-topic span').textContent = say(topic);
    get(this.root, '.ask-kind').hidden = !options;
    this.button.textContent = say(action);
    if (!options) return;
    show(get(this.root, 'legend'), say(legend));
    get(this.root, '.options').replaceChildren(...options.map((key, i) => {
      const option = copy('option');
      Object.assign(get(option, 'input'), { name: 'kind', value: key.split('.').at(-1), checked: i === 0 });
      get(option, 'span').textContent = tongue.say(key);
      return option;
    }));
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    try {
      const done = await this.act({ name: one(this.field.value), topic: one(this.form.elements.topic.value), kind: this.form.elements.kind?.value ?? '' });
      this.#tell('', done ?? '');
      if (!done) this.close();
      this.field.value = '';
    } catch (error) {
      this.#tell(refusal(error, this.tongue, this.question.sorry), '');
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
