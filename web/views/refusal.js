import { Failure, codeOf } from '../client/failure.js';
import { until } from './line.js';

/** What to tell somebody who could not come in, or do something else. @param {unknown} error @param {Tongue} tongue @param {Record<string, string>} [instead] */
export function refusal(error, tongue, instead) {
  const ban = error instanceof Failure && error.code === 'banned' ? error.ban : {};
  const text = ban.until ? tongue.say('banned.until', { when: until(ban.until, tongue) }) : tongue.sorry(codeOf(error), instead);
  return ban.reason ? tongue.say('did.because', { text, reason: ban.reason }) : text;
}
