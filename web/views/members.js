import { tendable } from '../state/standing.js';
import { standing } from '../state/there.js';
import { arrows, copy, face, get, name, only, patch, show, state as stateBox, wait } from './dom.js';
import { dot, words } from './there.js';

/** The people of the open room. */
export class MembersView {
  /** @param {Element} app @param {{ load(room: string): void, write(name: string): void, tend(person: Member, at: Element): void }} o `tend` shows what one can do about a member */
  constructor(app, o) {
    this.o = o;
    this.pane = get(app, '.members-pane');
    this.list = get(app, '.members');
    this.count = get(app, '.members-pane [data-there-count]');
    this.box = get(app, '[data-members-state]');
    arrows(this.list, 'button');
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    const room = state.route.room;
    if (this.pane.hidden || !state.rooms.has(room)) return;
    const there = state.presence.get(room);
    show(this.count, there && !there.people ? tongue.say('there.count', { n: there.here, away: there.away }) : '');
    const known = state.members.get(room);
    if (!known) return this.o.load(room);
    const people = [...known.items].sort((a, b) => a.name.localeCompare(b.name, tongue.lang));
    patch(this.list, people, () => copy('member'), (element, person) => {
      const mine = person.id === state.me?.id;
      const how = standing(state.presence, room, person.id);
      face(get(element, '.face'), person.id, person.name);
      dot(get(element, '.there'), how, tongue);
      show(get(element, '.seen'), how?.seen && how.state === 'offline' ? words(how, tongue) : '');
      show(get(element, '.member-name'), person.name);
      show(get(element, '.you'), mine ? tongue.say('you') : '');
      const button = get(element, '.member-row');
      button.disabled = mine;
      button.title = mine ? '' : tongue.say('direct.title');
      button.onclick = () => this.o.write(person.name);
      const muted = Date.parse(person.muted ?? '') > Date.now();
      show(get(element, '.mark'), muted ? tongue.say('members.muted') : person.role && person.role !== 'member' ? tongue.say(`role.${person.role}`) : '');
      const more = get(element, '[data-tend]');
      more.hidden = mine || !tendable(state.rooms.get(room), person);
      name(more, tongue.say('members.tend', { name: person.name }));
      more.onclick = () => this.o.tend(person, more);
    });
    only(this.list, 'button:not(:disabled)');
    const load = () => this.o.load(room);
    if (known.failed) stateBox(this.box, tongue.say('members.failed'), tongue.say('retry'), load);
    else if (known.loading && !people.length) wait(this.box, tongue);
    else if (known.next) stateBox(this.box, '', tongue.say('more'), load);
    else stateBox(this.box, '');
  }
}
