import { en } from './en.js';
import { ko } from './ko.js';

/** @typedef {string|{ one: string, other: string }} Entry */
/** @typedef {Record<string, Entry>} Dictionary */
/** @typedef {Record<string, string|number>} Values */

/** @type {Record<string, Dictionary>} */
export const languages = { ko, en };

/** What a language is called in itself. @param {string} lang */
export const nameOf = (lang) => String(languages[lang]['language']);

/** The first language of a list of wishes that we speak, English if none. @param {readonly string[]} wishes */
export function spoken(wishes) {
  const hit = wishes.map((w) => w.slice(0, 2).toLowerCase()).find((w) => w in languages);
  return hit ?? 'en';
}

/** Sentences, times and names of one language. */
export class Tongue {
  /** @param {string} lang */
  constructor(lang) {
    this.lang = lang;
    this.words = languages[lang];
    this.plural = new Intl.PluralRules(lang);
    this.clock = new Intl.DateTimeFormat(lang, { hour: 'numeric', minute: '2-digit' });
    this.date = new Intl.DateTimeFormat(lang, { month: 'short', day: 'numeric' });
    this.day = new Intl.DateTimeFormat(lang, { dateStyle: 'full' });
    this.full = new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeStyle: 'short' });
  }

  /** The sentence of a key, with its values filled in. @param {string} key @param {Values} [values] */
  say(key, values = {}) {
    const entry = this.words[key];
    if (entry === undefined) throw new Error(`no sentence: ${key}`);
    const text = typeof entry === 'string' ? entry : this.plural.select(Number(values.n)) === 'one' ? entry.one : entry.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
  }

  /** What to tell a person about an error's code. @param {string} code @param {Record<string, string>} [instead] keys for codes that mean something else here */
  sorry(code, instead = {}) {
    const key = instead[code] ?? `error.${code}`;
    return this.say(key in this.words ? key : 'error.internal');
  }

  /** A count for a badge. @param {number} n */
  count(n) {
    return n > 99 ? this.say('ninety-nine') : String(n);
  }

  /** When something was, briefly: the hour today, else the day. @param {number} time */
  when(time) {
    return new Date(time).toDateString() === new Date().toDateString() ? this.clock.format(time) : this.date.format(time);
  }
}
