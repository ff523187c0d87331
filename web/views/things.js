import { codeOf } from '../client/failure.js';
import { copy, get, name, patch, show, state as stateBox, wait } from './dom.js';
import { Panel } from './panel.js';

/** A dialog with a list of things, page by page, and what one can do with each. */
export class ThingsPanel extends Panel {
  /**
   * @param {Tongue} tongue @param {Kind} kind
   * @param {(question: Question, act: () => Promise<any>) => void} ask opens a dialog that asks first
   */
  constructor(tongue, kind, ask) {
    super('things', tongue);
    this.kind = kind;
    this.ask = ask;
    this.list = get(this.root, '.things');
    this.box = get(this.root, '.state');
    this.field = get(this.root, 'input');
    this.field.hidden = !kind.find;
    get(this.root, '[data-back]').hidden = kind.lone === true;
    /** @type {any[]} */ this.items = [];
    /** @type {any} */ this.next = undefined;
    this.asked = 0;
    /** @type {any} */ this.timer = null;
    this.field.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 200);
    });
    this.#words();
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    if (this.tongue === tongue) return;
    super.render(state, tongue);
    this.#words();
    this.#show();
  }

  #words() {
    const { title, lead, top } = this.kind;
    get(this.root, 'h2').textContent = this.tongue.say(title);
    show(get(this.root, '.faint'), lead && this.tongue.say(lead));
    const button = get(this.root, '[data-top]');
    const act = top?.(this.tongue);
    button.hidden = !act;
    if (act) this.#act(button, act);
  }

  /** @param {any} [after] where to go on, the beginning by default */
  async load(after) {
    const asked = ++this.asked;
    if (!this.items.length) wait(this.box, this.tongue);
    try {
      const page = await this.kind.load(this.field.value.trim(), after);
      if (asked !== this.asked) return;
      this.items = after ? [...this.items, ...page.items] : page.items ?? [];
      this.next = page.next;
      this.#show();
    } catch (error) {
      if (asked === this.asked) stateBox(this.box, this.tongue.sorry(codeOf(error)), this.tongue.say('retry'), () => this.load(after));
    }
  }

  #show() {
    const lost = this.list.contains(document.activeElement);
    patch(this.list, this.items.map((item) => this.kind.thing(item, this.tongue)), () => copy('thing'), (element, thing) => this.#row(element, thing));
    if (lost && !this.list.contains(document.activeElement)) get(this.root, 'h2').focus();
    if (!this.items.length) stateBox(this.box, this.tongue.say('none'));
    else stateBox(this.box, '', this.next ? this.tongue.say('more') : '', () => this.load(this.next));
  }

  /** @param {any} element @param {Thing} thing */
  #row(element, { title, mark = '', said = '', lines, acts = [], choice }) {
    get(element, 'b').textContent = title;
    show(get(element, '.mark'), mark);
    show(get(element, '.thing-said'), said);
    for (const old of element.querySelectorAll('small')) old.remove();
    get(element, '.thing-text').append(...lines.filter(Boolean).map((text) => Object.assign(document.createElement('small'), { textContent: text, dir: 'auto' })));
    const box = get(element, '.acts');
    const had = box.contains(document.activeElement);
    box.replaceChildren(...(choice ? [this.#choice(choice)] : []), ...acts.map((act) => this.#act(document.createElement('button'), act)));
    if (had) box.querySelector('select, button')?.focus();
  }

  /** @param {any} button @param {Act} act */
  #act(button, act) {
    button.className = act.danger ? 'quiet danger' : 'quiet';
    button.textContent = act.text;
    if (act.label) name(button, act.label);
    button.onclick = () => this.#do(act);
    return button;
  }

  /** @param {Choice} choice */
  #choice({ label, value, options, choose }) {
    const select = document.createElement('select');
    select.append(...options.map((o) => new Option(o.text, o.value, false, o.value === value)));
    name(select, label);
    select.onchange = () => {
      this.#do(choose(select.value));
      select.value = value; // until natter agrees
    };
    return select;
  }

  /** @param {Act} act */
  async #do(act) {
    if (act.ask) return this.ask(act.ask, act.run);
    try {
      await act.run();
      show(get(this.root, '.error'), '');
      if (this.isOpen) await this.load();
    } catch (error) {
      show(get(this.root, '.error'), this.tongue.sorry(codeOf(error)));
    }
  }
}
