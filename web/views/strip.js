import { get, show } from './dom.js';

const quiet = 2000; // most cuts are over before anybody needs to know

/** The strip that says that there is no connection, once that has lasted. */
export class StripView {
  constructor() {
    this.root = get(document, '#strip');
    /** @type {any} */
    this.timer = null;
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    clearTimeout(this.timer);
    const down = state.phase === 'in' && !state.up && state.downSince > 0;
    const wait = down ? state.downSince + quiet - Date.now() : 0;
    const waiting = state.outbox.some((e) => e.stage !== 'sent' && e.stage !== 'failed');
    show(this.root, down && wait <= 0 ? tongue.say(state.crowded ? 'strip.crowded' : waiting ? 'strip.waiting' : 'strip.down') : '');
    if (down && wait > 0) this.timer = setTimeout(() => this.render(state, tongue), wait);
  }
}
