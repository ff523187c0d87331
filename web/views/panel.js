import { copy, get, translate } from './dom.js';

/**
 * A dialog made from a template. Escape, its button and a click beside it close
 * it; the browser keeps the focus inside and gives it back.
 */
export class Panel {
  /** @param {string} template @param {Tongue} tongue */
  constructor(template, tongue) {
    this.root = copy(template, tongue);
    this.tongue = tongue;
    this.back = () => {};
    this.root.querySelector('[data-back]')?.addEventListener('click', () => this.back());
    get(this.root, '[data-close]').addEventListener('click', () => this.close());
    this.root.addEventListener('click', (/** @type {MouseEvent} */ e) => { if (e.target === this.root) this.close(); });
    this.root.addEventListener('close', () => this.root.remove());
  }

  open() {
    document.body.append(this.root);
    this.root.showModal();
    this.root.querySelector('input:not([type=radio], [hidden], [hidden] *), input:checked, .form button, .primary')?.focus();
    return this;
  }

  close() {
    this.root.close();
  }

  get isOpen() {
    return this.root.open;
  }

  /** Shows what changed; panels that show state extend it. @param {State} _ @param {Tongue} tongue */
  render(_, tongue) {
    if (this.tongue === tongue) return;
    this.tongue = tongue;
    translate(this.root, tongue);
  }
}
