import { tends } from '../state/standing.js';
import { get, show } from './dom.js';
import { Form } from './form.js';
import { Panel } from './panel.js';

const slows = [0, 5, 10, 30, 60, 300, 3600];
const kinds = ['public', 'announcement', 'private'];

/** What a room is; whoever looks after it can change it here. */
export class AboutPanel extends Panel {
  /**
   * @param {Tongue} tongue @param {Room} room
   * @param {{ save(changes: object): Promise<any>, open(what: 'links'|'bans'): void, archive(): void, leave(): void, level(): void, pins(): void }} o
   */
  constructor(tongue, room, o) {
    super('about', tongue);
    this.room = room;
    this.o = o;
    this.fields = get(this.root, 'form');
    this.form = new Form(this.fields, { tongue: () => this.tongue, act: (v) => this.#save(v), sorry: { bad_name: 'error.bad_room_name', conflict: 'error.too_small', forbidden: 'error.not_your_role' } });
    this.fields.addEventListener('input', () => show(get(this.root, '.done'), ''));
    for (const button of this.root.querySelectorAll('[data-open]')) button.addEventListener('click', () => o.open(button.dataset.open));
    get(this.root, '[data-archive]').addEventListener('click', () => o.archive());
    get(this.root, '[data-level]').addEventListener('click', () => o.level());
    get(this.root, '[data-pins]').addEventListener('click', () => o.pins());
    get(this.root, '[data-leave]').addEventListener('click', () => o.leave());
    this.#words();
    this.#fill();
  }

  open() {
    super.open();
    get(this.root, 'h2').focus(); // reading comes first here
    return this;
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    const room = state.rooms.get(this.room.id);
    if (!room) return this.close();
    const changed = room !== this.room;
    const spoken = this.tongue !== tongue;
    this.room = room;
    super.render(state, tongue);
    if (changed || spoken) this.#words();
    if (changed && !this.fields.contains(document.activeElement)) this.#fill();
  }

  /** What the room is, in words, and what I may do with it. */
  #words() {
    const { room, tongue } = this;
    const own = room.role === 'owner';
    get(this.root, '.about b').textContent = room.name;
    show(get(this.root, '[data-topic]'), room.topic ?? '');
    const facts = [
      tongue.say(`about.${room.kind}`), tongue.say('people', { n: room.members }), room.archived ? tongue.say('about.archived') : '',
      room.slow ? tongue.say('about.slowly', { n: room.slow }) : '', room.role ? tongue.say('about.you', { role: tongue.say(`role.${room.role}`) }) : '',
    ];
    show(get(this.root, '[data-facts]'), facts.filter(Boolean).join(' · '));
    this.fields.hidden = !tends(room) || room.archived === true;
    this.form.offer('kind', own);
    this.form.offer('capacity', own);
    for (const button of this.root.querySelectorAll('[data-open]')) button.hidden = !tends(room) || (button.dataset.open === 'links' && room.archived === true);
    const archive = get(this.root, '[data-archive]');
    archive.hidden = !own;
    archive.textContent = tongue.say(room.archived ? 'about.unarchive' : 'about.archive');
    const { slow, kind } = this.fields.elements;
    const seconds = [...new Set([...slows, room.slow ?? 0])].sort((a, b) => a - b);
    this.#choices(slow, seconds.map((n) => [String(n), n ? tongue.say('about.seconds', { n }) : tongue.say('about.slow.not')]), String(room.slow ?? 0));
    this.#choices(kind, kinds.map((k) => [k, tongue.say(`make.${k}`)]), room.kind);
  }

  /** @param {any} select @param {string[][]} all @param {string} value */
  #choices(select, all, value) {
    const kept = select.value;
    select.replaceChildren(...all.map(([v, text]) => new Option(text, v)));
    select.value = all.some(([v]) => v === kept) ? kept : value;
  }

  /** Puts what the room is into the fields. */
  #fill() {
    const { name, topic, slow, kind, capacity } = this.fields.elements;
    const { room } = this;
    Object.assign(name, { value: room.name });
    topic.value = room.topic ?? '';
    slow.value = String(room.slow ?? 0);
    kind.value = room.kind;
    capacity.value = room.capacity ?? '';
  }

  /** Sends what is otherwise than before. @param {Record<string, string>} v */
  async #save(v) {
    const { room } = this;
    const wanted = {
      name: v.name, topic: v.topic.replace(/\s+/g, ' '), slow: Number(v.slow),
      ...(room.role === 'owner' && { kind: v.kind, capacity: Number(v.capacity || 0) }),
    };
    /** @type {Record<string, any>} */
    const now = { ...room, topic: room.topic ?? '', slow: room.slow ?? 0, capacity: room.capacity ?? 0 };
    const changes = Object.fromEntries(Object.entries(wanted).filter(([what, value]) => now[what] !== value));
    if (Object.keys(changes).length) await this.o.save(changes);
    show(get(this.root, '.done'), this.tongue.say('about.saved'));
  }
}
