import { Panel } from './panel.js';

/** The ways to start something: write to somebody, find a room, make one. */
export class StartPanel extends Panel {
  /** @param {Tongue} tongue @param {(what: 'direct'|'browse'|'make') => void} choose */
  constructor(tongue, choose) {
    super('start', tongue);
    for (const button of this.root.querySelectorAll('[data-open]')) {
      button.addEventListener('click', () => {
        this.close();
        choose(button.dataset.open);
      });
    }
  }
}
