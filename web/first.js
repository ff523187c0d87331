import { languages, learn, spoken } from './i18n/index.js';
import { Memory } from './memory.js';

// The first thing that runs: it asks for the language while the rest of the
// page is still on its way.

/** @param {'localStorage'|'sessionStorage'} which @returns {Storage|null} */
export function storage(which) {
  try {
    return window[which];
  } catch {
    return null;
  }
}

/** What this browser remembers. */
export const memory = new Memory(storage('localStorage'));

/** The language chosen here, else the browser's. It comes, however often it has to be asked for. @returns {Promise<Tongue>} */
async function language() {
  const chosen = memory.get('lang');
  try {
    return await learn(languages.includes(chosen) ? chosen : spoken(navigator.languages));
  } catch {
    await new Promise((wake) => setTimeout(wake, 2000 + Math.random() * 2000));
    return language();
  }
}

export const first = language();
