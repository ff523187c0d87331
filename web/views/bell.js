import { grouped } from '../state/bell.js';
import { arrows, copy, face, get, name, only, patch, show, state as stateBox, wait } from './dom.js';
import { Panel } from './panel.js';

const nobody = { id: '', name: '' };

/** The panel of notifications, newest first. */
export class BellPanel extends Panel {
  /** @param {Tongue} tongue @param {{ all(): void, more(): void, reload(): void, alerts: Alerts, open(item: Notice): void }} o */
  constructor(tongue, o) {
    super('bell', tongue);
    this.o = o;
    this.list = get(this.root, '.notifications');
    this.box = get(this.root, '.state');
    this.all = get(this.root, '[data-all]');
    this.all.addEventListener('click', () => o.all());
    this.alerts = get(this.root, '.alerts');
    get(this.alerts, 'button').addEventListener('click', async () => {
      await o.alerts.turn(o.alerts.state === 'off');
      this.#offer();
    });
    this.#offer();
    arrows(this.list, 'button');
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    super.render(state, tongue);
    this.#offer();
    const { items, unread, older, loading, failed } = state.bell;
    this.all.hidden = unread === 0;
    patch(this.list, grouped(state.bell), () => copy('notification'), (element, group) => this.#row(element, group.items, tongue));
    only(this.list, 'button');
    if (failed) stateBox(this.box, tongue.say('bell.failed'), tongue.say('retry'), this.o.reload);
    else if (!items.length && loading) wait(this.box, tongue);
    else if (!items.length) stateBox(this.box, tongue.say('bell.none'));
    else stateBox(this.box, '', older ? tongue.say('more') : '', this.o.more);
  }

  /** Whether this device tells of what comes while one looks elsewhere, and the button that changes it. */
  #offer() {
    const { state } = this.o.alerts;
    this.alerts.hidden = state === 'none';
    show(get(this.alerts, 'p'), state === 'none' ? '' : this.tongue.say(`alerts.${state}`));
    show(get(this.alerts, 'button'), state === 'on' || state === 'off' ? this.tongue.say(`alerts.${state}.do`) : '');
  }

  /** @param {any} element @param {Notice[]} items of one room and kind, newest first @param {Tongue} tongue */
  #row(element, items, tongue) {
    const [item] = items;
    const { actor = nobody, data, time } = item.event;
    const what = data.noted === 'identity_linked' ? data.noted : data.kind;
    const kind = tongue.either(`bell.${what}`, 'bell.mention');
    const n = items.length - 1;
    face(get(element, '.face'), actor.id, actor.name || '!');
    show(get(element, '.note-what'), tongue.say(n ? tongue.either(`${kind}.many`, kind) : kind, { name: actor.name, room: data.name ?? '', n }));
    show(get(element, '.note-excerpt'), `bell.${what}.do` in tongue.words ? tongue.say(`bell.${what}.do`) : data.excerpt ?? '');
    get(element, 'time').textContent = tongue.when(Date.parse(time));
    const dot = get(element, '.dot');
    dot.hidden = item.read;
    name(dot, tongue.say('bell.unread'));
    element.classList.toggle('unread', !item.read);
    get(element, 'button').onclick = () => {
      this.close();
      this.o.open(items[items.length - 1]); // where one left off
    };
  }
}
