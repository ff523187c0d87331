import { codeOf } from './client/failure.js';
import { uuidv7 } from './client/keys.js';
import { positionAt } from './client/position.js';
import { departed, levelled, listed, opened, withAccount, withBell, withLines, withMembers, withOutbox, withReaders } from './state.js';
import * as bells from './state/bell.js';
import * as windows from './state/lines.js';
import * as outboxes from './state/outbox.js';
import { excerpt } from './state/messages.js';
import { unread } from './state/rooms.js';

const manyReaders = 100; // members of a room of which natter says who has read

/**
 * What a person can do, apart from logging in and out. Where a view shows the
 * failure itself, the promise rejects with it.
 */
export class Actions {
  /** @param {{ store: Store, api: Api, feeds: Feeds, stream: Stream, clock: Clock, go(hash: string): void }} o */
  constructor(o) {
    this.o = o;
    this.store = o.store;
    /** @type {Promise<void>|null} */
    this.listing = null;
    /** @type {Set<number>} */ this.quoted = new Set(); // of which the quote was asked for: one that we may not see stays empty
  }

  /** Reads the list of my rooms and follows the new ones. */
  rooms() {
    this.listing ??= this.#rooms().finally(() => { this.listing = null; });
    return this.listing;
  }

  async #rooms() {
    try {
      const list = await this.o.api.rooms();
      for (const id of this.store.state.rooms.keys()) if (!list.rooms.some((r) => r.id === id)) this.#gone(id);
      this.store.apply(listed, list);
      for (const room of list.rooms) this.o.feeds.follow(room.id, list.position);
    } catch (error) {
      this.store.apply((s) => ({ ...s, roomsFailed: codeOf(error) }));
    }
  }

  /** @param {string} id */
  #gone(id) {
    this.o.feeds.forget(id);
    this.store.apply(departed, id);
  }

  /** Opens a room where one left off, at a line, or at its end. @param {string} id @param {number} [target] */
  async open(id, target = 0) {
    this.store.apply(opened, id, target);
    this.#readers(id);
    await this.load('first');
  }

  /** Asks who has read the room, where it is small enough that natter says it. @param {string} id */
  #readers(id) {
    if ((this.store.state.rooms.get(id)?.members ?? 0) > manyReaders) return;
    this.o.api.readers(id).then(({ markers }) => { if (this.store.state.lines?.room === id) this.store.apply(withReaders, id, markers); }, () => {});
  }

  /** Loads a page of the open room. @param {'first'|'older'|'newer'} what */
  async load(what) {
    const lines = this.store.state.lines;
    if (!lines || (lines.loading && what !== 'first')) return;
    const where = this.#where(lines, what);
    this.store.apply(withLines, lines.room, (l) => windows.loading(what === 'first' ? windows.opened(l.room, l.mark, l.target) : l, what));
    const asked = this.store.state.lines;
    const still = (/** @type {Lines} */ l) => l.loading === what && l.visit === asked?.visit;
    try {
      const page = await this.o.api.messages(lines.room, where);
      this.store.apply(withLines, lines.room, (l) => (still(l) ? windows.paged(l, page) : l));
      this.quotes(lines.room);
    } catch (error) {
      this.store.apply(withLines, lines.room, (l) => (still(l) ? windows.failed(l, what, codeOf(error)) : l));
    }
  }

  /** Asks what those lines answer that came live while the answered one is not on the page. @param {string} room */
  quotes(room) {
    const { lines } = this.store.state;
    if (lines?.room !== room) return;
    for (const { seq, quote } of lines.items) if (quote && !quote.excerpt && !quote.deleted) void this.#quote(room, seq);
  }

  /** @param {string} room @param {number} seq */
  async #quote(room, seq) {
    if (this.quoted.has(seq)) return;
    this.quoted.add(seq);
    const found = await this.o.api.message(room, seq).catch(() => null);
    if (!found) this.quoted.delete(seq);
    else this.store.apply(withLines, room, (l) => ({ ...l, items: l.items.map((i) => (i.seq === seq ? { ...i, quote: found.quote } : i)) }));
  }

  /** @param {Lines} lines @param {'first'|'older'|'newer'} what */
  #where(lines, what) {
    if (what === 'older') return { before: lines.older };
    if (what === 'newer') return { after: lines.newer };
    const feed = this.o.feeds.rooms.get(lines.room);
    if (lines.target > 0 && feed) return { before: positionAt(`${feed.life}-0`, lines.target + 1) };
    const room = this.store.state.rooms.get(lines.room);
    return { limit: room && unread(room) > 40 ? 100 : 50 };
  }

  /** Goes to the newest line of the open room. */
  async end() {
    const lines = this.store.state.lines;
    if (!lines) return;
    if (lines.live) this.store.apply((s) => ({ ...s, follows: true }));
    else if (lines.loading !== 'first') await this.open(lines.room, windows.theEnd);
  }

  /** natter could not give us everything since we left: start over. @param {string} id */
  async startOver(id) {
    const rooms = this.rooms();
    if (this.store.state.lines?.room === id) await this.open(id);
    await rooms;
  }

  /** Writes a line, which may answer another. @param {string} room @param {string} text @param {Aim|null} [aim] */
  say(room, text, aim = null) {
    const now = this.o.clock.now();
    const quote = aim && { seq: aim.seq, user: aim.user, excerpt: excerpt(aim.text) };
    const line = { key: uuidv7(now), room, text, time: new Date(now).toISOString(), ...(quote && { quote }) };
    this.store.apply(withOutbox, (outbox) => outboxes.queued(outbox, line));
    this.store.apply((s) => ({ ...s, newcomer: false, aim: null }));
    return this.end();
  }

  /** @param {string} room */
  again(room) { this.store.apply(withOutbox, (outbox) => outboxes.retried(outbox, room)); }

  /** @param {string} key */
  discard(key) { this.store.apply(withOutbox, (outbox) => outboxes.discarded(outbox, key)); }

  /** @param {{ kind: string, name: string, topic?: string }} body @param {string} key the same for every try */
  async create(body, key) { await this.#enter((await this.o.api.create(body, key)).id); }

  /** Joins the room that a link leads to. @param {string} link */
  async joinBy(link) { await this.#enter((await this.o.api.joinBy(link)).id); }

  /** @param {string} name */
  async direct(name) { await this.#enter((await this.o.api.direct(name)).id); }

  /** @param {string} id */
  async join(id) {
    await this.o.api.join(id);
    await this.#enter(id);
  }

  /** @param {string} id */
  async #enter(id) {
    if (!this.store.state.rooms.has(id)) {
      await this.listing;
      await this.rooms();
    }
    this.o.go(`#/room/${id}`);
  }

  /** @param {string} id */
  async leave(id) {
    await this.o.api.leave(id);
    this.#gone(id);
    this.o.go('#/');
  }

  /** @param {string} id @param {string} name */
  invite(id, name) { return this.o.api.invite(id, name); }

  /** Chooses what I am told of a room, on all my devices. @param {string} id @param {Level} level */
  async level(id, level) {
    await this.o.api.setLevel(id, level);
    this.store.apply(levelled, id, level);
  }

  /** Reads the members of a room, or more of them. @param {string} id */
  async members(id) {
    const known = this.store.state.members.get(id);
    if (known?.loading || (known && !known.next && !known.failed)) return;
    this.store.apply(withMembers, id, (m) => ({ ...m, loading: true, failed: '' }));
    try {
      const page = await this.o.api.members(id, known?.next);
      this.store.apply(withMembers, id, (m) => {
        const have = new Set(m.items.map((i) => i.id));
        return { items: [...m.items, ...page.members.filter((i) => !have.has(i.id))], next: page.next ?? '', loading: false, failed: '' };
      });
    } catch (error) {
      this.store.apply(withMembers, id, (m) => ({ ...m, loading: false, failed: codeOf(error) }));
    }
  }

  /** Reads what only I see of me. */
  async account() {
    await this.o.api.me().then((me) => me.account && this.store.apply(withAccount, me.account)).catch(() => {});
  }

  /** Reads the newest notifications and hears the later ones. */
  async bell() {
    this.store.apply(withBell, (bell) => ({ ...bell, loading: true, failed: '' }));
    try {
      const page = await this.o.api.notifications();
      this.store.apply(withBell, (bell) => bells.listed(bell, page));
      this.o.stream.start(page.position);
    } catch (error) {
      this.store.apply(withBell, (bell) => ({ ...bell, loading: false, failed: codeOf(error) }));
    }
  }

  async olderNotifications() {
    const { older, loading } = this.store.state.bell;
    if (!older || loading) return;
    this.store.apply(withBell, (bell) => ({ ...bell, loading: true }));
    try {
      const page = await this.o.api.notifications(older);
      this.store.apply(withBell, (bell) => bells.continued(bell, page));
    } catch (error) {
      this.store.apply(withBell, (bell) => ({ ...bell, loading: false, failed: codeOf(error) }));
    }
  }

  /** Marks notifications read, on all devices. @param {number} upTo @param {string} [room] */
  async notificationsRead(upTo, room) {
    this.store.apply(withBell, (bell) => bells.read(bell, upTo, room));
    await this.o.api.notificationsRead(upTo, room).catch(() => {});
  }
}
