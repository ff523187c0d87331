/**
 * Tells a person who looks elsewhere what came to their bell, through the
 * system's notifications: only where they said so, only while the page is
 * hidden, one for a room. What is read, on any device, is taken back.
 */
export class Alerts {
  /**
   * @param {{ store: Store, memory: Memory, tongue(): Tongue, hidden(): boolean, go(hash: string): void, Notification?: any }} o
   * Notification is the browser's, where it has one.
   */
  constructor(o) {
    this.o = o;
    /** What the system shows, by its tag. @type {Map<string, { shown: any, seq: number }>} */
    this.shown = new Map();
    this.seen = Infinity; // the newest notification that needs no telling
    o.store.listen((state) => this.look(state));
    this.look(o.store.state);
  }

  /** What a person can do about it: 'on', 'off', 'denied' by the browser, 'none' where it cannot. */
  get state() {
    const { Notification: system, memory } = this.o;
    if (!system) return 'none';
    if (system.permission === 'denied') return 'denied';
    return system.permission === 'granted' && memory.get('alerts') ? 'on' : 'off';
  }

  /** Turns them on, which asks the browser, or off. @param {boolean} on */
  async turn(on) {
    if (on) await this.o.Notification?.requestPermission();
    this.o.memory.set('alerts', on && this.o.Notification?.permission === 'granted' ? 'yes' : '');
    if (!on) this.#closeAll();
  }

  /** @param {State} state */
  look({ phase, bell }) {
    if (phase !== 'in') {
      this.#closeAll();
      this.seen = Infinity;
      return;
    }
    const newest = bell.items[0]?.seq ?? 0;
    for (const [tag, { seq, shown }] of this.shown) if (!bell.items.some((i) => i.seq === seq && !i.read)) this.#close(tag, shown);
    if (bell.loading) return;
    if (this.seen < newest && this.o.hidden() && this.state === 'on') {
      for (const item of bell.items.filter((i) => i.seq > this.seen && !i.read).reverse()) this.#show(item);
    }
    this.seen = newest;
  }

  /** @param {Notice} item */
  #show({ seq, event: { data, actor } }) {
    const tongue = this.o.tongue();
    const tag = data.room ?? 'account';
    const title = tongue.say(tongue.either(`bell.${data.noted === 'identity_linked' ? data.noted : data.kind}`, 'bell.mention'), { name: actor?.name ?? '', room: data.name ?? '' });
    try {
      const shown = new this.o.Notification(title, { tag, body: data.excerpt ?? '', lang: tongue.lang, icon: 'icon.svg' });
      shown.onclick = () => {
        window.focus();
        this.o.go(data.room && data.kind !== 'invitation' ? `#/room/${data.room}/${data.message ?? data.seq}` : '#/');
        this.#close(tag, shown);
      };
      this.shown.set(tag, { shown, seq });
    } catch {
      this.o.memory.set('alerts', ''); // some browsers have them in name only
    }
  }

  /** @param {string} tag @param {any} shown */
  #close(tag, shown) {
    shown.close();
    this.shown.delete(tag);
  }

  #closeAll() {
    for (const [tag, { shown }] of this.shown) this.#close(tag, shown);
  }
}
