import { blocks, parts } from '../state/markup.js';

// Messages are text. What they are made of is built as elements; nothing of
// them is ever parsed as markup.

/** Fills an element with a message. @param {Element} element @param {string} text @param {readonly Person[]} people whom it mentions @param {string} me */
export function fill(element, text, people, me) {
  const all = blocks(text);
  const plain = all.length === 1 && all[0].kind === 'text';
  element.replaceChildren(...(plain ? inline(text, people, me) : all.map((b) => block(b, people, me))));
}

/** @param {import('../state/markup.js').Block} block @param {readonly Person[]} people @param {string} me */
function block({ kind, text }, people, me) {
  const node = document.createElement({ text: 'div', code: 'pre', quote: 'blockquote' }[kind]);
  if (kind === 'code') node.textContent = text;
  else node.append(...inline(text, people, me));
  return node;
}

/** @param {string} text @param {readonly Person[]} people @param {string} me */
function inline(text, people, me) {
  return parts(text, people).map((part) => {
    if (part.kind === 'text') return part.text;
    const node = document.createElement({ link: 'a', code: 'code', mention: 'span' }[part.kind]);
    node.textContent = part.text;
    if (node instanceof HTMLAnchorElement) Object.assign(node, { href: part.href, rel: 'noopener noreferrer nofollow ugc', target: '_blank' });
    if (part.kind === 'mention') node.className = part.id === me ? 'mention me' : 'mention';
    return node;
  });
}
