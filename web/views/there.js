import { get, name } from './dom.js';

/** How somebody is, in words. @param {Standing} standing @param {Tongue} tongue */
export const words = ({ state, seen }, tongue) => (state === 'offline' && seen ? tongue.say('there.seen', { when: tongue.ago(Date.parse(seen)) }) : tongue.say(`there.${state}`));

/** Shows how somebody is by a dot, which says it in words, too. @param {any} element @param {Standing|undefined} standing @param {Tongue} tongue */
export function dot(element, standing, tongue) {
  element.hidden = !standing;
  if (!standing) return;
  element.dataset.there = standing.state;
  name(element, words(standing, tongue));
}

/** Who writes in the open room at the moment. Nothing moves when it comes and goes. */
export class TypingView {
  /** @param {Element} app @param {(room: string) => void} people asks for the names of a room's members */
  constructor(app, people) {
    this.line = get(app, '.typing');
    this.people = people;
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    const { typing, lines, route } = state;
    const text = lines?.room === route.room ? this.#words(state, typing, tongue) : '';
    if (this.line.textContent !== text) this.line.textContent = text;
  }

  /** @param {State} state @param {readonly string[]} typing @param {Tongue} tongue */
  #words({ members, lines, rooms, route }, typing, tongue) {
    if (!typing.length) return '';
    const { peer } = rooms.get(route.room) ?? {};
    const known = new Map([...(lines?.items ?? []).flatMap((i) => i.event.actor ?? []), ...(members.get(route.room)?.items ?? []), ...(peer ? [peer] : [])].map((p) => [p.id, p.name]));
    const names = typing.flatMap((user) => known.get(user) ?? []);
    if (typing.length > 2) return tongue.say('typing.many');
    if (names.length < typing.length && !members.has(route.room)) this.people(route.room);
    if (names.length < typing.length) return tongue.say('typing.some');
    return tongue.say(names.length === 1 ? 'typing.one' : 'typing.two', { name: names[0], other: names[1] });
  }
}
