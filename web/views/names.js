import { copy, face, get, patch, show } from './dom.js';

const most = 6;
const crowds = { here: 'names.here', room: 'names.room' };
const asked = /(?:^|[^\p{L}\p{N}])@([\p{L}\p{N}\p{M}._-]{0,32})$/u;

/**
 * The name that is being written after an at sign, null if none is.
 * @param {string} before the text before the caret
 */
export const wantedName = (before) => asked.exec(before)?.[1] ?? null;

/**
 * The people whose names begin so; none when it is written out.
 * @param {readonly Person[]} people
 * @param {string} start
 */
export function matching(people, start) {
  const wanted = start.normalize('NFC').toLowerCase();
  const hits = people.filter((p) => p.name.toLowerCase().startsWith(wanted)).slice(0, most);
  return hits.length === 1 && hits[0].name.toLowerCase() === wanted ? [] : hits;
}

/** The list over the composer that completes names after an at sign. */
export class NamesView {
  /** @param {Element} app @param {any} field the textarea */
  constructor(app, field) {
    this.list = get(app, '.names');
    this.field = field;
    /** @type {Person[]} */ this.hits = [];
    this.chosen = 0;
    this.list.addEventListener('mousedown', (/** @type {MouseEvent} */ e) => this.#click(e));
    field.setAttribute('aria-controls', 'names');
  }

  /** Looks at what is being written. @param {readonly Person[]} people @param {Tongue|null} tongue */
  look(people, tongue) {
    const before = this.field.value.slice(0, this.field.selectionStart);
    const start = this.field.selectionStart === this.field.selectionEnd ? wantedName(before) : null;
    this.#offer(start === null ? [] : matching(people, start), tongue);
  }

  close() {
    this.#offer([]);
  }

  /** Takes a key; true if it was for this list. @param {KeyboardEvent} event */
  key(event) {
    if (this.list.hidden) return false;
    if (event.key === 'Escape') this.close();
    else if (event.key === 'ArrowDown') this.#choose(this.chosen + 1);
    else if (event.key === 'ArrowUp') this.#choose(this.chosen - 1);
    else if (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) this.#take(this.hits[this.chosen]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** @param {Person[]} hits @param {Tongue|null} [tongue] */
  #offer(hits, tongue) {
    this.hits = hits;
    this.list.hidden = hits.length === 0;
    patch(this.list, hits, () => copy('name'), (element, person) => {
      element.id = `name-${person.id}`;
      face(get(element, '.face'), person.id, person.name);
      get(element, '.member-name').textContent = person.name;
      show(get(element, '.faint'), tongue && person.id in crowds ? tongue.say(crowds[/** @type {keyof typeof crowds} */ (person.id)]) : '');
    });
    this.#choose(0);
  }

  /** @param {number} index */
  #choose(index) {
    const count = this.hits.length;
    this.chosen = count ? (index + count) % count : 0;
    [...this.list.children].forEach((e, i) => e.setAttribute('aria-selected', String(i === this.chosen)));
    const element = this.list.children[this.chosen];
    if (element) this.field.setAttribute('aria-activedescendant', element.id);
    else this.field.removeAttribute('aria-activedescendant');
  }

  /** @param {Person} person */
  #take(person) {
    const caret = this.field.selectionStart;
    const start = wantedName(this.field.value.slice(0, caret)) ?? '';
    this.field.setRangeText(`${person.name} `, caret - start.length, caret, 'end');
    this.close();
    this.field.dispatchEvent(new Event('input'));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    event.preventDefault(); // the caret stays in the field
    const item = /** @type {Element} */ (event.target).closest('.name');
    const index = [...this.list.children].indexOf(item);
    if (index >= 0) this.#take(this.hits[index]);
  }
}
