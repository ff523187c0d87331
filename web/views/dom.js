// What all views need of the document. Text goes in as text: nothing here, and
// nothing that uses it, ever parses markup.

/** @param {ParentNode} root @param {string} selector @returns {any} */
export function get(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
}

/** A copy of a template's first element. @param {string} id @param {Tongue} [tongue] @returns {any} */
export function copy(id, tongue) {
  const element = get(document, `#t-${id}`).content.firstElementChild.cloneNode(true);
  if (tongue) translate(element, tongue);
  return element;
}

/** Fills in the sentences that elements ask for by key. @param {Element} root @param {Tongue} tongue */
export function translate(root, tongue) {
  each(root, 'data-t', (element, key) => { element.textContent = tongue.say(key); });
  each(root, 'data-t-label', (element, key) => name(element, tongue.say(key)));
  each(root, 'data-t-placeholder', (element, key) => element.setAttribute('placeholder', tongue.say(key)));
}

/** @param {Element} root @param {string} attribute @param {(element: Element, key: string) => void} run */
function each(root, attribute, run) {
  const all = [...root.querySelectorAll(`[${attribute}]`)];
  if (root.hasAttribute(attribute)) all.push(root);
  for (const element of all) run(element, /** @type {string} */ (element.getAttribute(attribute)));
}

/** Names an element for everybody: screen readers, and a button's tooltip. @param {Element} element @param {string} text */
export function name(element, text) {
  if (element.getAttribute('aria-label') !== text) element.setAttribute('aria-label', text);
  if (element instanceof HTMLButtonElement) element.title = text;
}

/** Shows a text, or hides the element if there is none. @param {any} element @param {string} text */
export function show(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

/** Says the sentence of a key, which follows the language; '' hides it. @param {any} element @param {string} key @param {Tongue} tongue */
export function tell(element, key, tongue) {
  if (key) element.setAttribute('data-t', key);
  else element.removeAttribute('data-t');
  show(element, key && tongue.say(key));
}

/**
 * Makes the children of parent those of the rows, in their order, keeping the
 * elements of rows that stay. What has to go goes first: then those that stay
 * need not move, and nothing is left over if a row cannot be shown.
 * @template {{ id: string }} R
 * @param {Element} parent
 * @param {readonly R[]} rows
 * @param {(row: R) => any} make returns a new element
 * @param {(element: any, row: R) => void} update
 */
export function patch(parent, rows, make, update) {
  const wanted = new Set(rows.map((row) => row.id));
  /** @type {Map<string, any>} */
  const old = new Map();
  for (const child of /** @type {any[]} */ ([...parent.children])) {
    if (wanted.has(child.rowId) && !old.has(child.rowId)) old.set(child.rowId, child);
    else child.remove();
  }
  let next = parent.firstElementChild;
  for (const row of rows) {
    let element = old.get(row.id);
    old.delete(row.id);
    if (!element) {
      element = make(row);
      element.rowId = row.id;
    }
    if (element === next) next = element.nextElementSibling;
    else parent.insertBefore(element, next);
    update(element, row);
  }
}

/** Fills in a round face: somebody's initial in their steady colour. @param {Element} face @param {string} id @param {string} text */
export function face(face, id, text) {
  const initial = [...text.normalize('NFC')][0]?.toUpperCase() ?? '';
  if (face.textContent !== initial) face.textContent = initial;
  face.className = `face who-${hue(id)}`;
}

/** One of the eight colours, always the same for an id. @param {string} id */
function hue(id) {
  let sum = 7;
  for (const c of id) sum = (sum * 31 + c.charCodeAt(0)) >>> 0;
  return sum % 8;
}

/** @param {Element} element @param {string} icon */
export const icon = (element, icon) => get(element, 'use').setAttribute('href', `#i-${icon}`);

/** @param {any} badge @param {number} n @param {Tongue} tongue @param {string} label key of what it counts */
export function badge(badge, n, tongue, label) {
  badge.hidden = n === 0;
  badge.textContent = n ? tongue.count(n) : '';
  if (label && n) {
    badge.setAttribute('role', 'img');
    badge.setAttribute('aria-label', tongue.say(label, { n }));
  }
}

/**
 * An empty, loading or failed state: a sentence and a next step.
 * @param {any} box @param {string} text @param {string} [action] @param {() => void} [run]
 */
export function state(box, text, action = '', run = () => {}) {
  box.hidden = !text && !action;
  box.classList.remove('soon');
  if (box.hidden) return box.replaceChildren();
  if (!box.firstElementChild) {
    const template = get(document, '#t-state');
    box.replaceChildren(template.content.cloneNode(true));
  }
  show(get(box, 'p'), text);
  const button = get(box, 'button');
  show(button, action);
  button.onclick = run;
}

/** A load that is under way; it shows only if it takes a moment. @param {any} box @param {Tongue} tongue */
export function wait(box, tongue) {
  state(box, tongue.say('loading'));
  box.classList.add('soon');
}

/**
 * Arrow keys, Home and End move through a list's items, of which one is in the
 * Tab order.
 * @param {any} list @param {string} items a selector
 */
export function arrows(list, items) {
  list.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const all = [...list.querySelectorAll(items)];
    const here = all.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || here < 0) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, to))].focus();
  });
  list.addEventListener('focusin', (/** @type {FocusEvent} */ event) => {
    const item = /** @type {Element} */ (event.target).closest(items);
    if (item) only(list, items, item);
  });
}

/** Leaves one of a list's items in the Tab order. @param {any} list @param {string} items @param {Element} [item] the first by default */
export function only(list, items, item) {
  const all = [...list.querySelectorAll(items)];
  const one = item ?? all.find((e) => e.tabIndex === 0) ?? all[0];
  for (const each of all) if (each.tabIndex !== (each === one ? 0 : -1)) each.tabIndex = each === one ? 0 : -1;
}
