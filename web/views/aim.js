import { excerpt } from '../state/messages.js';
import { get, name, show } from './dom.js';

/** The strip over the composer that says what is being written: an answer, or another text for a line of mine. */
export class AimView {
  /** @param {Element} app @param {() => void} cancel */
  constructor(app, cancel) {
    this.root = get(app, '.aim');
    get(this.root, 'button').addEventListener('click', cancel);
  }

  /** @param {Aim|null} aim @param {Tongue} tongue */
  render(aim, tongue) {
    this.root.hidden = !aim;
    if (!aim) return;
    show(get(this.root, 'b'), aim.kind === 'edit' ? tongue.say('aim.edit') : tongue.say('aim.reply', { name: aim.user.name }));
    show(get(this.root, 'span'), excerpt(aim.text));
    name(get(this.root, 'button'), tongue.say('aim.cancel'));
  }
}
