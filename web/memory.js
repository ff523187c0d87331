import { uuidv7 } from './client/keys.js';

// What this browser remembers: unsent lines, drafts and choices. Each unsent
// line has its own entry, so that two pages never overwrite each other's.

/** Lines older than this are not sent by themselves after a return: one is asked. */
const forgotten = 10 * 60_000;

export class Memory {
  /** @param {Storage|null} storage null where the browser allows none */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {string} name */
  get(name) {
    try {
      return this.storage?.getItem(`natter.${name}`) ?? '';
    } catch {
      return '';
    }
  }

  /** @param {string} name @param {string} value '' to forget */
  set(name, value) {
    try {
      if (value) this.storage?.setItem(`natter.${name}`, value);
      else this.storage?.removeItem(`natter.${name}`);
    } catch {
      // full or forbidden: what is on the screen still works
    }
  }

  /** @param {string} user @param {string} room */
  draft(user, room) { return this.get(`draft.${user}.${room}`); }

  /** @param {string} user @param {string} room @param {string} text */
  keepDraft(user, room, text) { this.set(`draft.${user}.${room}`, text); }

  /** The lines that somebody wrote and that were not sent, oldest first. @param {string} user @param {number} now @returns {Entry[]} */
  unsent(user, now) {
    const all = this.#names(`out.${user}.`).map((name) => entry(this.get(name)));
    return all.flatMap((e) => (e ? [restored(e, now)] : [])).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Remembers what is in the outbox now. @param {string} user @param {readonly Entry[]} before @param {readonly Entry[]} after */
  keepOutbox(user, before, after) {
    for (const e of after) if (!before.some((b) => b.key === e.key)) this.set(`out.${user}.${e.key}`, JSON.stringify(e));
    for (const e of before) {
      const now = after.find((a) => a.key === e.key);
      if (!now || (now.stage === 'sent' && e.stage !== 'sent')) this.set(`out.${user}.${e.key}`, '');
    }
  }

  /** Forgets a person's drafts and lines: they logged out. @param {string} user */
  forget(user) {
    for (const name of [...this.#names(`out.${user}.`), ...this.#names(`draft.${user}.`)]) this.set(name, '');
  }

  /** @param {string} start */
  #names(start) {
    try {
      return Object.keys(this.storage ?? {}).filter((k) => k.startsWith(`natter.${start}`)).map((k) => k.slice('natter.'.length));
    } catch {
      return [];
    }
  }
}

/** @param {string} text @returns {Entry|null} */
function entry(text) {
  try {
    const e = JSON.parse(text);
    return typeof e.key === 'string' && e.key.length === uuidv7(0).length && typeof e.text === 'string' ? e : null;
  } catch {
    return null;
  }
}

/** @param {Entry} e @param {number} now @returns {Entry} */
function restored(e, now) {
  const old = now - Date.parse(e.time) > forgotten;
  return { ...e, stage: old ? 'failed' : 'waiting', code: old ? 'offline' : '', tries: 0, seq: 0 };
}
