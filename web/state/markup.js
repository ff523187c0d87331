// How a message reads: blocks of code, quotes and plain lines, and within them
// code, links and names. Nothing is interpreted beyond that.

/** @typedef {{ kind: 'text'|'code'|'quote', text: string }} Block */
/** @typedef {{ kind: 'text'|'code'|'link'|'mention', text: string, href: string, id: string }} Part */

const fence = /^ {0,3}```[\w+#.-]*\s*$/;
const codes = /(?<!`)(`{1,3})([^`\n]+)\1(?!`)/gu;
const links = /\b(?:https?:\/\/|mailto:)[^\s<>"'`]+/giu;
const names = /(?<![\p{L}\p{N}])@([\p{L}\p{N}\p{M}._-]+)/gu;

/**
 * Cuts a message into code between two lines of three backticks, lines after a
 * ">", and the others. Backticks that nothing closes are what they are.
 * @param {string} text @returns {Block[]}
 */
export function blocks(text) {
  const lines = text.split('\n');
  const fences = lines.flatMap((line, i) => (fence.test(line) ? [i] : []));
  /** @type {Block[]} */
  const all = [];
  for (let i = 0; i < lines.length; i++) {
    const end = fences[0] === i ? fences.find((f) => f > i && lines[f].trim() === '```') ?? 0 : 0;
    while (fences[0] <= Math.max(i, end)) fences.shift();
    if (end > i + 1) all.push({ kind: 'code', text: lines.slice(i + 1, end).join('\n') });
    else add(all, lines[i]);
    if (end > i + 1) i = end;
  }
  return all.length > 1 ? all.map(trimmed).filter((b) => b.text) : all;
}

/** @param {Block[]} all @param {string} line */
function add(all, line) {
  const kind = line.startsWith('>') ? 'quote' : 'text';
  const text = kind === 'quote' ? line.replace(/^> ?/, '') : line;
  const last = all.at(-1);
  if (last?.kind === kind) last.text += `\n${text}`;
  else all.push({ kind, text });
}

/** Between blocks stands a space of its own. @param {Block} block @returns {Block} */
const trimmed = (block) => (block.kind === 'text' ? { ...block, text: block.text.replace(/^\n+|\n+$/g, '') } : block);

/**
 * Cuts a text into plain parts, code, links and the names of those who are mentioned.
 * @param {string} text @param {readonly Person[]} people @returns {Part[]}
 */
export function parts(text, people) {
  let all = cut(text, codes, ([, ticks, code]) => ({ ...plain(code), kind: 'code', cut: code.length + 2 * ticks.length }));
  all = all.flatMap((part) => (part.kind === 'text' ? cut(part.text, links, ([hit]) => link(hit)) : [part]));
  return all.flatMap((part) => (part.kind === 'text' ? cut(part.text, names, ([hit]) => mention(hit, people)) : [part]));
}

/**
 * @param {string} text @param {RegExp} pattern
 * @param {(match: RegExpMatchArray) => (Part & { cut?: number })|null} make `cut` says how much of the text the part takes, if that is not its length
 * @returns {Part[]}
 */
function cut(text, pattern, make) {
  /** @type {Part[]} */
  const all = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const made = make(match);
    if (!made) continue;
    const { cut: length = made.text.length, ...part } = made;
    if (match.index > from) all.push(plain(text.slice(from, match.index)));
    all.push(part);
    from = match.index + length;
  }
  if (from < text.length) all.push(plain(text.slice(from)));
  return all;
}

/** @param {string} text @returns {Part} */
const plain = (text) => ({ kind: 'text', text, href: '', id: '' });

/** Only http, https and mailto become links. @param {string} hit @returns {Part|null} */
function link(hit) {
  const text = hit.replace(/[.,;:!?…)\]}'"»”]+$/u, (end) => (end.startsWith(')') && hit.includes('(') ? ')' : ''));
  try {
    const url = new URL(text);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? { kind: 'link', text, href: url.href, id: '' } : null;
  } catch {
    return null;
  }
}

/** @param {string} hit @param {readonly Person[]} people @returns {Part|null} */
function mention(hit, people) {
  const text = hit.replace(/[._-]+$/, '');
  const person = people.find((p) => p.name.toLowerCase() === text.slice(1).toLowerCase());
  return person ? { kind: 'mention', text, href: '', id: person.id } : null;
}
