const patience = 300; // after so many milliseconds without the part, one is told

/** Loads a style sheet, after the others. @param {string} href */
export function styled(href) {
  return new Promise((done, failed) => {
    const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
    sheet.onload = done;
    sheet.onerror = () => { sheet.remove(); failed(new Error(href)); };
    document.head.append(sheet);
  });
}

/** Loads the parts of the page that few visits need, when they are asked for. */
export class Later {
  /** @param {{ banner: import('./banner.js').Banner, tongue(): Tongue, answers?: () => Promise<boolean>, reload?: () => void }} o */
  constructor(o) {
    this.o = o;
    this.asked = 0;
  }

  /**
   * Loads a part and does something with it, unless another one was asked for
   * meanwhile. A part that does not come says so, and can be asked for again.
   * @template M
   * @param {() => Promise<M>} part @param {(part: M) => void} then @param {boolean} [again]
   */
  async load(part, then, again = false) {
    const asked = ++this.asked;
    const { banner, tongue } = this.o;
    const slow = setTimeout(() => { if (asked === this.asked) banner.say(tongue(), 'loading'); }, patience);
    const loaded = await Promise.all([part(), tongue()?.more()]).then(([found]) => found, () => null);
    clearTimeout(slow);
    if (asked !== this.asked) return;
    banner.close();
    if (loaded) return then(loaded);
    if (again && await this.#answers()) return (this.o.reload ?? (() => location.reload()))();
    banner.say(tongue(), 'part.failed', 'retry', () => this.load(part, then, true));
  }

  /**
   * Says whether natter is there. If it is, and a part still does not come,
   * natter has a newer page, or the browser remembers that the part failed:
   * both end when the page is loaded anew. Drafts and unsent lines stay.
   */
  #answers() {
    return this.o.answers?.() ?? fetch('./', { method: 'HEAD', cache: 'no-store' }).then((r) => r.ok, () => false);
  }
}
