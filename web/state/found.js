// How a message that was found is shown: a piece of it around the first word
// that was looked for, with all of those words marked.

const before = 40; // characters of the message before the first hit
const longest = 180;

/** The words and "quoted words" of a search. @param {string} q */
export const wordsOf = (q) => [...q.matchAll(/"([^"]+)"|[^\s"]+/g)].map((m) => (m[1] ?? m[0]).trim()).filter(Boolean);

/**
 * The piece of a text that shows what was looked for.
 * @param {string} text @param {readonly string[]} words
 * @returns {{ text: string, hit: boolean }[]}
 */
export function pieces(text, words) {
  const line = text.replace(/\s+/g, ' ').trim();
  const all = hits(line, words);
  const from = start(line, all[0]?.from ?? 0);
  const to = Math.min(line.length, from + longest);
  /** @type {{ text: string, hit: boolean }[]} */
  const parts = [];
  const add = (/** @type {string} */ piece, hit = false) => { if (piece) parts.push({ text: piece, hit }); };
  let at = from;
  if (from) add('…');
  for (const hit of all) {
    if (hit.to <= at || hit.from >= to) continue;
    add(line.slice(at, Math.max(at, hit.from)));
    add(line.slice(Math.max(at, hit.from), hit.to), true);
    at = hit.to;
  }
  add(line.slice(at, Math.max(at, to)));
  if (Math.max(at, to) < line.length) add('…');
  return parts;
}

/** Where the piece begins: at a word, a little before the first hit. @param {string} line @param {number} hit */
function start(line, hit) {
  if (hit <= before) return 0;
  const space = line.indexOf(' ', hit - before);
  return space >= 0 && space < hit ? space + 1 : hit;
}

/** Where the words stand, in order. @param {string} line @param {readonly string[]} words */
function hits(line, words) {
  return words.flatMap((word) => [...line.matchAll(pattern(word))].map((m) => ({ from: m.index, to: m.index + m[0].length }))).sort((a, b) => a.from - b.from);
}

/** A word is found at the beginning of words, and in scripts without spaces anywhere; an English ending may differ. @param {string} word */
function pattern(word) {
  const exact = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const inside = /^[\p{sc=Hangul}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u.test(word);
  const stem = /^[a-z]+$/i.test(word) ? word.replace(/(?<=[a-z]{3})(?:ing|ed|es|s|e|y)$/i, '') : exact;
  return new RegExp(inside ? exact : `(?<![\\p{L}\\p{N}])(?:${exact}|${stem === exact ? exact : `${stem}[a-z]*`})`, 'giu');
}
