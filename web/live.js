import { Feeds } from './client/feeds.js';
import { Presence } from './client/presence.js';
import { Socket } from './client/socket.js';
import { Stream } from './client/stream.js';
import { Typing } from './client/typing.js';
import { connected, departed, levelled, marked, present, readBy, rung, typed, witnessed, withBell } from './state.js';
import * as bells from './state/bell.js';

const crowded = 4429; // the close code of one connection too many

/**
 * What happens, as it happens: joins the socket, the rooms' feeds and the
 * stream of notifications with the state.
 */
export class Live {
  /**
   * @param {{ store: Store, session: Session, clock: Clock, socketUrl: string,
   *   onOver(why: string): void, onUp(): void, onReset(room: string): void, onReply(room: string): void, onStranger(room: string): void, onBellReset(): void }} o
   * `onStranger` is called with a room that a notification names and that we do not know yet.
   */
  constructor(o) {
    this.o = o;
    const token = (/** @type {boolean} */ fresh) => (fresh ? o.session.refresh() : o.session.token());
    /** @type {number[]} */ this.asides = [];
    this.socket = new Socket({
      url: o.socketUrl, token, onOver: o.onOver,
      onUp: (welcome) => this.#up(welcome),
      onClosed: (code) => o.store.apply(connected, false, Date.now(), code === crowded),
      onDown: () => { this.asides = []; this.presence.down(); o.store.apply(connected, false, Date.now()); },
      onFrame: (frame) => this.#frame(frame),
    });
    const send = (/** @type {string} */ op, /** @type {object} */ members) => { if (this.socket.up) this.socket.send(op, members); };
    /** Frames beside the rooms' feeds; a refusal of one says nothing of a subscription. */
    const aside = (/** @type {string} */ op, /** @type {object} */ members) => { if (this.socket.up) this.asides = [...this.asides, this.socket.send(op, members)].slice(-100); };
    this.send = aside;
    this.presence = new Presence({ send: aside, follows: (room) => this.socket.up && this.feeds.stands(room), onPresence: (frame) => o.store.apply(present, frame) });
    this.typing = new Typing({ send: (room) => aside('typing', { room }), tell: (room, user, types) => o.store.apply(typed, room, user, types) });
    this.feeds = new Feeds({
      send,
      later: (run) => setTimeout(run, 2000 + Math.random() * 2000),
      onEvent: (room, seq, event) => {
        o.store.apply(witnessed, room, { seq, event });
        if (event.data.reply) o.onReply(room);
      },
      onReset: (room) => o.onReset(room),
      onMarker: (marker) => {
        if (marker.user === o.store.state.me?.id) o.store.apply(marked, marker);
        else o.store.apply(readBy, marker.room, marker.user, marker.seq);
      },
      onFollowed: (room) => this.presence.subscribed(room),
      onLeft: (room) => o.store.apply(departed, room),
    });
    /** @type {unknown} */ let rooms = null;
    let open = '';
    o.store.listen((state) => {
      if (state.rooms === rooms && (state.lines?.room ?? '') === open) return;
      rooms = state.rooms;
      open = state.lines?.room ?? '';
      this.presence.want(shown(state));
    });
    this.stream = new Stream({ url: '/api/notifications/stream', token, onMessage: (m) => this.#told(m) });
  }

  stop() {
    this.socket.stop();
    this.stream.stop();
  }

  /** The network or the screen came back. */
  wake() {
    this.socket.wake();
    this.stream.wake();
  }

  /** Sends a line; the answer is its place in the room. @param {Entry} entry */
  async post({ room, key, text, quote }) {
    const ack = await this.socket.request('post', { room, key, text, ...(quote && { reply: quote.seq }) });
    return { seq: Number(ack.seq) };
  }

  /** @param {string} room @param {number} seq */
  read(room, seq) {
    return this.socket.request('read', { room, seq });
  }

  /** @param {Frame} frame */
  #frame(frame) {
    if (frame.op === 'present' || frame.op === 'presence') this.presence.frame(frame);
    else if (frame.op === 'typing') this.typing.heard(frame.room, frame.user);
    else if (frame.op !== 'error' || !this.asides.includes(frame.id)) this.feeds.frame(frame);
  }

  /** @param {Frame} welcome */
  #up(welcome) {
    this.o.clock.learn(welcome.time, this.o.clock.local());
    this.feeds.resume();
    this.o.store.apply(connected, true, Date.now());
    this.o.onUp();
  }

  /** @param {Message} message */
  #told({ event, data }) {
    if (event === 'reset') return this.o.onBellReset();
    const item = JSON.parse(data);
    if (event === 'notification') {
      this.o.store.apply(rung, item);
      const { kind, room } = item.event.data;
      if (room && kind !== 'invitation' && !this.o.store.state.rooms.has(room)) this.o.onStranger(room);
    }
    if (event === 'level') this.o.store.apply(levelled, item.event.data.room, item.event.data.level);
    if (event === 'read') this.o.store.apply(withBell, (bell) => bells.read(bell, item.event.data.up_to, item.event.data.room));
  }
}

/** The rooms of which one sees who is there. @param {State} state */
function shown({ rooms, lines }) {
  const all = new Set([...rooms.values()].filter((r) => r.kind === 'direct').map((r) => r.id));
  return lines && rooms.has(lines.room) ? all.add(lines.room) : all;
}
