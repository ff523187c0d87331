import { formatPosition, parsePosition } from './position.js';

/**
 * @typedef {{ life: string, seq: number, asked: boolean, tries: number }} Feed
 * asked: a subscription is under way; tries: how often without an event since.
 */

const atOnce = 500; // rooms in one subscribe frame
const hopeless = 4; // subscriptions in a row that did not close a hole

/**
 * The rooms that we follow, each from the position that we have: events come
 * out in order, each once, and contiguous. Where natter cannot give that it
 * says `reset`, and so do we.
 */
export class Feeds {
  /**
   * @param {{ send(op: string, members: object): void, later(run: () => void): void,
   *   onEvent(room: string, seq: number, event: Happened): void,
   *   onReset(room: string, position: string): void,
   *   onMarker(marker: Frame): void, onFollowed?(room: string): void,
   *   onLeft(room: string): void }} o
   * `later` runs something after a pause, for a subscription that was refused for now.
   */
  constructor(o) {
    this.o = o;
    /** @type {Map<string, Feed>} */
    this.rooms = new Map();
  }

  /** Follows a room from a position on; one that is followed already stays where it is. @param {string} room @param {string} position */
  follow(room, position) {
    if (this.rooms.has(room)) return;
    this.rooms.set(room, { ...parsePosition(position), asked: false, tries: 0 });
    this.#subscribe([room]);
  }

  /** @param {string} room */
  forget(room) {
    this.rooms.delete(room);
  }

  /** Subscribes to everything from where we are: call it on every new connection. */
  resume() {
    const rooms = [...this.rooms.keys()];
    for (const feed of this.rooms.values()) feed.tries = 0;
    for (let i = 0; i < rooms.length; i += atOnce) this.#subscribe(rooms.slice(i, i + atOnce));
  }

  /** The last sequence that we have of a room. @param {string} room */
  seen(room) {
    return this.rooms.get(room)?.seq ?? 0;
  }

  /** Takes a frame that is no answer to a request. @param {Frame} frame */
  frame(frame) {
    const feed = this.rooms.get(frame.room);
    if (frame.op === 'marker') return this.o.onMarker(frame);
    if (!feed) return;
    if (frame.op === 'event') this.#event(feed, frame);
    if (frame.op === 'subscribed') this.#followed(feed, frame.room);
    if (frame.op === 'reset') this.#reset(feed, frame.room, frame.position);
    if (frame.op === 'unsubscribed' && frame.reason === 'left') this.#left(frame.room);
    if (frame.op === 'error') this.#refused(feed, frame);
  }

  /** Says whether a room's subscription stands. @param {string} room */
  stands(room) {
    return this.rooms.get(room)?.asked === false;
  }

  /** @param {Feed} feed @param {string} room */
  #followed(feed, room) {
    feed.asked = false;
    this.o.onFollowed?.(room);
  }

  /** @param {Feed} feed @param {Frame} frame */
  #event(feed, frame) {
    if (frame.seq <= feed.seq) return; // we have it
    if (frame.prev > feed.seq) return this.#hole(feed, frame.room);
    feed.seq = frame.seq;
    feed.tries = 0;
    this.o.onEvent(frame.room, frame.seq, frame.event);
  }

  /** Something between what we have and this event never came: ask again. @param {Feed} feed @param {string} room */
  #hole(feed, room) {
    if (feed.asked) return;
    if (feed.tries >= hopeless) return this.#reset(feed, room, formatPosition(feed));
    this.#subscribe([room]);
  }

  /** @param {Feed} feed @param {string} room @param {string} position */
  #reset(feed, room, position) {
    Object.assign(feed, parsePosition(position), { asked: false, tries: 0 });
    this.o.onReset(room, position);
    this.o.onFollowed?.(room);
  }

  /** @param {string} room */
  #left(room) {
    this.rooms.delete(room);
    this.o.onLeft(room);
  }

  /** @param {Feed} feed @param {Frame} frame */
  #refused(feed, frame) {
    if (!feed.asked) return;
    feed.asked = false;
    if (frame.code === 'not_found') this.#left(frame.room);
    else this.o.later(() => this.rooms.get(frame.room) === feed && !feed.asked && this.#subscribe([frame.room]));
  }

  /** @param {string[]} rooms */
  #subscribe(rooms) {
    const wanted = rooms.map((room) => {
      const feed = /** @type {Feed} */ (this.rooms.get(room));
      feed.asked = true;
      feed.tries++;
      return { room, after: formatPosition(feed) };
    });
    this.o.send('subscribe', { rooms: wanted });
  }
}
