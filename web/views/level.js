import { codeOf } from '../client/failure.js';
import { title } from '../state/rooms.js';
import { copy, get, show } from './dom.js';
import { Panel } from './panel.js';

/** @type {Level[]} */
const levels = ['all', 'mentions', 'none'];

/** What I am told of a room: one of three, on all my devices. */
export class LevelPanel extends Panel {
  /** @param {Tongue} tongue @param {string} room @param {(level: Level) => Promise<void>} choose */
  constructor(tongue, room, choose) {
    super('level', tongue);
    this.room = room;
    this.inputs = levels.map((level) => {
      const option = copy('level-option');
      const input = get(option, 'input');
      input.value = level;
      input.addEventListener('change', () => this.#choose(level, choose));
      get(this.root, '.levels').append(option);
      return input;
    });
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    super.render(state, tongue);
    const room = state.rooms.get(this.room);
    if (!room) return this.close();
    show(get(this.root, '.faint'), title(room));
    for (const input of this.inputs) {
      if (!this.busy) input.checked = input.value === room.level;
      input.parentElement.querySelector('span').textContent = tongue.say(`level.${input.value}`);
    }
    if (!this.begun) this.inputs.find((i) => i.checked)?.focus();
    this.begun = true;
  }

  /** @param {Level} level @param {(level: Level) => Promise<void>} choose */
  async #choose(level, choose) {
    this.busy = (this.busy ?? 0) + 1;
    const sorry = await choose(level).then(() => '', (error) => this.tongue.sorry(codeOf(error)));
    this.busy--;
    show(get(this.root, '.error'), sorry);
  }
}
