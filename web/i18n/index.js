/** @typedef {string|{ one: string, other: string }} Entry */
/** @typedef {Record<string, Entry>} Dictionary */
/** @typedef {Record<string, string|number>} Values */

/** The languages that we speak; each is loaded when it is spoken. @type {Record<string, () => Promise<Dictionary>>} */
const dictionaries = {
  ko: async () => (await import('./ko.js')).ko,
  en: async () => (await import('./en.js')).en,
};

/** What is said in the parts that are loaded when they are asked for. @type {Record<string, () => Promise<Dictionary>>} */
const rest = {
  ko: async () => (await import('./ko-more.js')).more,
  en: async () => (await import('./en-more.js')).more,
};

/** What emoji are called in a language, to find them by. @param {string} lang */
export const emojiNames = async (lang) => (await (lang === 'ko' ? import('./ko-emoji.js') : import('./en-emoji.js'))).emoji;

export const languages = Object.keys(dictionaries);

/** Loads a language. @param {string} lang */
export const learn = async (lang) => new Tongue(lang, await dictionaries[lang]());

/** Loads a language with all that it says. @param {string} lang */
export async function learnAll(lang) {
  const tongue = await learn(lang);
  await tongue.more();
  return tongue;
}

/** What a language is called in itself. @param {string} lang */
export const nameOf = (lang) => new Intl.DisplayNames(lang, { type: 'language' }).of(lang) ?? lang;

/** The first language of a list of wishes that we speak, English if none. @param {readonly string[]} wishes */
export function spoken(wishes) {
  const hit = wishes.map((w) => w.slice(0, 2).toLowerCase()).find((w) => languages.includes(w));
  return hit ?? 'en';
}

/** Sentences, times and names of one language. */
export class Tongue {
  /** @param {string} lang @param {Dictionary} words */
  constructor(lang, words) {
    this.lang = lang;
    this.words = words;
    this.whole = false;
    this.plural = new Intl.PluralRules(lang);
    this.clock = new Intl.DateTimeFormat(lang, { hour: 'numeric', minute: '2-digit' });
    this.date = new Intl.DateTimeFormat(lang, { month: 'short', day: 'numeric' });
    this.day = new Intl.DateTimeFormat(lang, { dateStyle: 'full' });
    this.since = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' });
    this.full = new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeStyle: 'short' });
  }

  /** Loads what a visit does not need. */
  async more() {
    if (this.whole) return;
    this.words = { ...this.words, ...await rest[this.lang]() };
    this.whole = true;
  }

  /** The sentence of a key, with its values filled in. @param {string} key @param {Values} [values] */
  say(key, values = {}) {
    const entry = this.words[key];
    if (entry === undefined) throw new Error(`no sentence: ${key}`);
    const text = typeof entry === 'string' ? entry : this.plural.select(Number(values.n)) === 'one' ? entry.one : entry.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
  }

  /** What to tell a person about an error's code. @param {string} code @param {Record<string, string>} [instead] keys for codes that mean something else here */
  sorry(code, instead) {
    return this.say(this.key(code, instead));
  }

  /** The key of that. @param {string} code @param {Record<string, string>} [instead] */
  key(code, instead = {}) {
    return this.either(instead[code] ?? `error.${code}`, instead.internal ?? 'error.internal');
  }

  /** A key if it has a sentence, else another. @param {string} key @param {string} other */
  either(key, other) {
    return key in this.words ? key : other;
  }

  /** A count for a badge. @param {number} n */
  count(n) {
    return n > 99 ? this.say('ninety-nine') : String(n);
  }

  /** How long ago something was, in words. @param {number} time */
  ago(time, now = Date.now()) {
    const minutes = Math.round((time - now) / 60_000);
    if (minutes > -6) return this.say('now'); // natter notes it every five minutes
    if (minutes > -60) return this.since.format(minutes, 'minute');
    const hours = Math.round(minutes / 60);
    return hours > -24 ? this.since.format(hours, 'hour') : this.since.format(Math.round(hours / 24), 'day');
  }

  /** When something was, briefly: the hour today, else the day. @param {number} time */
  when(time) {
    return new Date(time).toDateString() === new Date().toDateString() ? this.clock.format(time) : this.date.format(time);
  }
}
