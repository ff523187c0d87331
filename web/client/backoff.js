/**
 * How long to wait before attempt n (from 0): doubling from half a second to
 * twenty, each between half and all of it, so that a thousand pages that were
 * cut off at once do not come back at once.
 * @param {number} attempt
 * @param {() => number} random from 0 to 1
 * @returns {number} milliseconds
 */
export function backoff(attempt, random = Math.random) {
  const most = Math.min(20_000, 500 * 2 ** Math.min(attempt, 10));
  return most * (0.5 + random() / 2);
}

/** The timers of this browser. @type {Timers} */
export const hostTimers = { set: (run, ms) => setTimeout(run, ms), clear: (timer) => clearTimeout(timer) };
