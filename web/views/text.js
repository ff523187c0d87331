// Messages are text. Links and names in them are marked; nothing is interpreted.

/** @typedef {{ kind: 'text'|'link'|'mention', text: string, href: string, id: string }} Part */

const links = /\b(?:https?:\/\/|mailto:)[^\s<>"'`]+/giu;
const names = /(?<![\p{L}\p{N}])@([\p{L}\p{N}\p{M}._-]+)/gu;

/**
 * Cuts a text into plain parts, links and the names of those who are mentioned.
 * @param {string} text @param {readonly Person[]} people @returns {Part[]}
 */
export function parts(text, people) {
  return cut(text, links, link).flatMap((part) => (part.kind === 'text' ? cut(part.text, names, (hit) => mention(hit, people)) : [part]));
}

/**
 * @param {string} text @param {RegExp} pattern @param {(hit: string) => Part|null} make
 * @returns {Part[]}
 */
function cut(text, pattern, make) {
  /** @type {Part[]} */
  const all = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const part = make(match[0]);
    if (!part) continue;
    if (match.index > from) all.push(plain(text.slice(from, match.index)));
    all.push(part);
    from = match.index + part.text.length;
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

/** Fills an element with a message's parts. @param {Element} element @param {Part[]} all @param {string} me */
export function fill(element, all, me) {
  element.replaceChildren(...all.map((part) => {
    if (part.kind === 'text') return part.text;
    const node = document.createElement(part.kind === 'link' ? 'a' : 'span');
    node.textContent = part.text;
    if (node instanceof HTMLAnchorElement) Object.assign(node, { href: part.href, rel: 'noopener noreferrer nofollow ugc', target: '_blank' });
    else node.className = part.id === me ? 'mention me' : 'mention';
    return node;
  }));
}
