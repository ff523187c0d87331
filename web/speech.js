import { aimed } from './state.js';
import { lastOwn, mine } from './state/messages.js';

/**
 * What one does with messages that are there: answer, edit, delete, react, pin.
 * What natter says happens to everybody at once, this page included.
 */
export class Speech {
  /** @param {{ store: Store, key(): string, request(op: string, members: object): Promise<any>, sorry(error: unknown): void }} o */
  constructor(o) {
    this.o = o;
    this.store = o.store;
  }

  /** The message of the open room at a place, as the page has it. @param {number} seq */
  item(seq) {
    return this.store.state.lines?.items.find((i) => i.seq === seq);
  }

  /** Makes the composer write an answer or another text; null makes it write a new line. @param {'reply'|'edit'|null} kind @param {number} [seq] */
  aim(kind, seq = 0) {
    const room = this.store.state.lines?.room ?? '';
    const item = this.item(seq);
    if (!kind) return this.store.apply(aimed, null);
    if (item?.event.actor) this.store.apply(aimed, { kind, room, seq, user: item.event.actor, text: item.event.data.text ?? '' });
  }

  /** Makes the composer edit my last line; says whether there is one. */
  editLast() {
    const { lines, me } = this.store.state;
    const item = lines && me && lastOwn(lines.items, me.id);
    if (item) this.aim('edit', item.seq);
    return Boolean(item);
  }

  /** Gives a message another text; one that natter did not take stands in the composer again. @param {Aim} aim @param {string} text */
  async edit(aim, text) {
    const { room, seq } = aim;
    this.store.apply(aimed, null);
    if (text === this.item(seq)?.event.data.text) return;
    try {
      await this.o.request('edit', { room, seq, key: this.o.key(), text });
    } catch (error) {
      this.store.apply((s) => (s.aim || s.lines?.room !== room ? s : aimed(s, { ...aim, text })));
      this.o.sorry(error);
    }
  }

  /** @param {string} room @param {number} seq */
  remove(room, seq) { return this.o.request('delete', { room, seq }); }

  /** Reacts, or takes that back. @param {number} seq @param {string} emoji */
  react(seq, emoji) {
    const { lines, me } = this.store.state;
    const reaction = this.item(seq)?.reactions?.find((r) => r.emoji === emoji);
    if (lines && me) this.#do('react', { room: lines.room, seq, emoji, on: !(reaction && mine(reaction, me.id)) });
  }

  /** @param {number} seq @param {boolean} on */
  pin(seq, on) { this.#do('pin', { room: this.store.state.lines?.room, seq, on }); }

  /** @param {string} op @param {object} members */
  #do(op, members) { this.o.request(op, members).catch(this.o.sorry); }
}
