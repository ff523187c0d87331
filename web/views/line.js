import { same } from '../state/rows.js';
import { copy, face, get, icon, show } from './dom.js';
import { fill } from './text.js';

const marks = { sending: 'clock', done: 'tick', failed: 'alert' };
const said = { sending: 'line.sending', done: 'line.sent', failed: 'line.failed' };

/** A new element for a row of the log. @param {Row} row @param {Tongue} tongue */
export const makeRow = (row, tongue) => copy(row.kind, tongue);

/** Shows a row, if it changed. @param {any} element @param {Row} row @param {Tongue} tongue @param {string} me */
export function updateRow(element, row, tongue, me) {
  if (element.row && element.tongue === tongue && same(element.row, row)) return;
  const text = element.row?.text;
  Object.assign(element, { row, tongue });
  if (row.kind === 'day') get(element, 'span').textContent = tongue.day.format(row.time);
  if (row.kind === 'new') get(element, 'span').textContent = tongue.say('log.new');
  if (row.kind === 'happening') element.textContent = happening(row.event, me, tongue);
  if (row.kind === 'line') {
    if (text !== row.text || row.mentions.length) fill(get(element, '.bubble'), row.text, row.mentions, me);
    line(element, row, tongue);
  }
}

/** @param {any} element @param {Line} row @param {Tongue} tongue */
function line(element, row, tongue) {
  element.className = `line ${row.own ? 'own' : 'other'}${row.first ? ' first' : ''}${row.last ? ' last' : ''} ${row.stage}`;
  element.dataset.key = row.key;
  element.dataset.stage = row.stage;
  face(get(element, '.face'), row.who.id, row.who.name);
  get(element, '.who b').textContent = row.who.name;
  const time = get(element, 'time');
  time.dateTime = new Date(row.time).toISOString();
  time.title = tongue.full.format(row.time);
  show(time, row.stage === 'done' ? tongue.clock.format(row.time) : '');
  stage(get(element, '.stage'), row, tongue);
  trouble(get(element, '.trouble'), row, tongue);
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
  box.hidden = row.stage !== 'failed';
  if (box.hidden) return;
  get(box, 'span').textContent = tongue.sorry(row.code, { offline: 'error.send', internal: 'error.send', unavailable: 'error.send', not_found: 'error.send' });
  get(box, '[data-again]').textContent = tongue.say('line.again');
  get(box, '[data-discard]').textContent = tongue.say('line.discard');
}

/** @param {Happened} event @param {string} me @param {Tongue} tongue */
function happening(event, me, tongue) {
  const who = event.data.user ?? event.actor;
  const kind = event.type.split('.')[1];
  const actor = kind === 'invited' || kind === 'created' ? event.actor : who;
  const key = actor.id === me ? `event.you.${kind}` : `event.${kind}`;
  return tongue.say(key, { name: actor.name, other: who.name });
}
