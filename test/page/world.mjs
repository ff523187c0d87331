// What the tests of the page share: timers that move when told, a socket that a
// test plays the server of, and short ways to make events.

/** Timers that run when the test says so. */
export class Hand {
  now = 0;
  all = new Map();
  last = 0;
  set = (run, ms) => {
    this.all.set(++this.last, { run, at: this.now + ms });
    return this.last;
  };
  clear = (timer) => this.all.delete(timer);

  /** Lets time pass, running what is due in its order. */
  async pass(ms) {
    const until = this.now + ms;
    for (;;) {
      const [id, next] = [...this.all].sort((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (!next || next.at > until) break;
      this.now = next.at;
      this.all.delete(id);
      next.run();
      await settled();
    }
    this.now = until;
    await settled();
  }
}

/** Waits until all promises that can go on have gone on. */
export const settled = () => new Promise((done) => setImmediate(done));

/** A WebSocket whose other end is the test. */
export function sockets() {
  const all = [];
  class FakeSocket {
    readyState = 0;
    sent = [];
    constructor(url, protocols) {
      Object.assign(this, { url, protocols });
      all.push(this);
    }
    send(text) { this.sent.push(JSON.parse(text)); }
    close(code) { this.readyState = 3; this.closedWith = code; }
    open() { this.readyState = 1; this.onopen?.(); }
    tell(frame) { this.onmessage?.({ data: JSON.stringify(frame) }); }
    drop(code) { this.readyState = 3; this.onclose?.({ code }); }
    welcome() { this.open(); this.tell({ op: 'welcome', id: this.sent[0].id, time: '2026-11-21T10:00:00Z' }); }
    asked(op) { return this.sent.filter((f) => f.op === op); }
  }
  return { FakeSocket, all, get last() { return all.at(-1); } };
}

export const me = { id: 'me', name: 'ada' };
export const bob = { id: 'bob', name: 'bob' };

/** A message as the log has it. */
export const posted = (seq, actor, text, data = {}) => ({
  seq, event: { type: 'message.posted', id: `e${seq}`, scope: 'r', actor, v: 1, time: new Date(Date.UTC(2026, 10, 21, 10, 0, seq)).toISOString(), data: { key: `key${seq}`, text, ...data } },
});

/** Messages of bob's from one sequence to another. */
export const many = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => posted(from + i, bob, `line ${from + i}`));

/** A room as GET /api/rooms has it. */
export const myRoom = (about = {}) => ({ id: 'r', kind: 'public', name: 'Lobby', members: 2, created: '2026-11-21T09:00:00Z', read: 0, unread: 0, mentions: 0, ...about });
