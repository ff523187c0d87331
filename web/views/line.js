import { same } from '../state/rows.js';
import { mine } from '../state/messages.js';
import { copy, face, get, icon, name, patch, show } from './dom.js';
import { fill } from './text.js';

const marks = { sending: 'clock', done: 'tick', failed: 'alert' };
const said = { sending: 'line.sending', done: 'line.sent', failed: 'line.failed' };

/** A new element for a row of the log. @param {Row} row @param {Tongue} tongue */
export const makeRow = (row, tongue) => copy(row.kind, tongue);

/** Shows a row, if it changed. @param {any} element @param {Row} row @param {Tongue} tongue @param {string} me */
export function updateRow(element, row, tongue, me) {
  if (element.row && element.tongue === tongue && same(element.row, row)) return;
  const before = element.row;
  Object.assign(element, { row, tongue });
  if (row.kind === 'day') get(element, 'span').textContent = tongue.day.format(row.time);
  if (row.kind === 'new') get(element, 'span').textContent = tongue.say('log.new');
  if (row.kind === 'happening') element.textContent = happening(row, me, tongue);
  if (row.kind === 'line') {
    const bubble = get(element, '.bubble');
    if (row.erased) bubble.textContent = tongue.say('line.erased');
    else if (before?.text !== row.text || row.mentions.length) fill(bubble, row.text, row.mentions, me);
    line(element, row, tongue);
    if (before || row.quote) quoted(get(element, '.quoted'), row.quote, tongue);
    if (before || row.reactions.length) reactions(get(element, '.reactions'), row.reactions, me, tongue);
  }
}

/** @param {any} element @param {Line} row @param {Tongue} tongue */
function line(element, row, tongue) {
  element.className = `line ${row.own ? 'own' : 'other'}${row.first ? ' first' : ''}${row.last ? ' last' : ''} ${row.stage}${row.erased ? ' erased' : ''}`;
  element.dataset.key = row.key;
  element.dataset.stage = row.stage;
  face(get(element, '.face'), row.who.id, row.who.name);
  get(element, '.who b').textContent = row.who.name;
  const time = get(element, 'time');
  time.dateTime = new Date(row.time).toISOString();
  time.title = tongue.full.format(row.time);
  show(time, row.stage === 'done' ? tongue.clock.format(row.time) : '');
  const edited = get(element, '.edited');
  show(edited, row.edited ? tongue.say('line.edited') : '');
  edited.title = row.edited ? tongue.full.format(row.edited) : '';
  const more = get(element, '.more');
  more.hidden = !row.seq || row.erased;
  name(more, tongue.say('line.more'));
  show(get(element, '.readers'), row.readers ? tongue.say('line.readers', { n: row.readers }) : '');
  get(element, '.pinned').hidden = !row.pinned;
  stage(get(element, '.stage'), row, tongue);
  trouble(get(element, '.trouble'), row, tongue);
}

/** When something ends: the hour if that is today. @param {string} time @param {Tongue} tongue */
export function until(time, tongue) {
  const end = Date.parse(time);
  return new Date(end).toDateString() === new Date().toDateString() ? tongue.clock.format(end) : tongue.full.format(end);
}

/** @param {any} mark @param {Line} row @param {Tongue} tongue */
function stage(mark, row, tongue) {
  mark.hidden = !row.own;
  if (!row.own) return;
  icon(mark, marks[row.stage]);
  mark.setAttribute('aria-label', tongue.say(said[row.stage]));
}

/** @param {any} box @param {Line} row @param {Tongue} tongue */
function trouble(box, row, tongue) {
  box.hidden = row.stage !== 'failed' && !row.wait;
  box.classList.toggle('patient', row.wait > 0);
  if (box.hidden) return;
  get(box, '[data-again]').hidden = row.wait > 0;
  get(box, 'span').textContent = row.wait ? tongue.say('line.slow', { n: row.wait }) : tongue.sorry(row.code, { offline: 'error.send', internal: 'error.send', unavailable: 'error.send', not_found: 'error.send' });
  get(box, '[data-again]').textContent = tongue.say('line.again');
  get(box, '[data-discard]').textContent = tongue.say('line.discard');
}

/** What a line answers; a click leads there. @param {any} box @param {Quote|undefined} quote @param {Tongue} tongue */
function quoted(box, quote, tongue) {
  box.hidden = !quote;
  if (!quote) return;
  box.dataset.jump = String(quote.seq);
  get(box, 'b').textContent = quote.user.name;
  get(box, 'span').textContent = quote.deleted ? tongue.say('line.erased') : quote.excerpt || tongue.say('line.quoted');
}

/** @param {any} box @param {readonly Reaction[]} all @param {string} me @param {Tongue} tongue */
function reactions(box, all, me, tongue) {
  box.hidden = !all.length;
  patch(box, all.map((r) => ({ ...r, id: r.emoji })), () => copy('reaction'), (element, { emoji, count, people }) => {
    const button = get(element, 'button');
    const names = people.map((/** @type {Person} */ p) => p.name).join(', ');
    button.dataset.react = emoji;
    button.setAttribute('aria-pressed', String(mine({ emoji, count, people }, me)));
    get(button, 'span').textContent = emoji;
    get(button, 'b').textContent = tongue.count(count);
    name(button, tongue.say(count > people.length ? 'line.reacted.more' : 'line.reacted', { emoji, names, count: tongue.count(count), n: count - people.length }));
  });
}

/** @param {Happening} row @param {string} me @param {Tongue} tongue */
function happening({ event, what, also, more }, me, tongue) {
  const { how, was, role, muted, user, reason } = event.data;
  if (what || how || event.type.endsWith('.changed')) {
    const kind = what || how || (event.type === 'room.changed' ? 'changed' : was ? role : muted ? 'muted' : 'speaks');
    const other = user && (user.id === me ? tongue.say('who.me') : tongue.say('who.other', { name: user.name }));
    const who = event.actor?.id === me ? tongue.say('who.i') : tongue.say('who.they', { name: event.actor?.name ?? '' });
    const text = tongue.say(`did.${kind}`, { who, other, text: event.data[what] ?? '', when: muted ? until(muted, tongue) : '' });
    return reason ? tongue.say('did.because', { text, reason }) : text;
  }
  const who = event.data.user ?? event.actor;
  const kind = event.type.split('.')[1];
  const actor = kind === 'invited' || kind === 'created' ? event.actor : who;
  const key = actor.id === me ? `event.you.${kind}` : `event.${kind}`;
  return tongue.say(more ? 'event.joined.more' : key, { name: [actor.name, ...also].join(', '), n: more, other: who.name });
}
