
/** Runs something so that its fault is reported and stops nothing else. @param {() => void} run */
export function apart(run) {
  try {
    run();
  } catch (fault) {
    queueMicrotask(() => { throw fault; });
  }
}

/** Holds the state, and tells views of changes: many at once are one telling. */
export class Store {
  /** @param {State} state @param {(run: () => void) => void} [soon] */
  constructor(state, soon = (run) => queueMicrotask(run)) {
    this.state = state;
    this.soon = soon;
    this.told = true;
    /** @type {((state: State) => void)[]} */
    this.listeners = [];
  }

  /**
   * Applies a transition, such as `store.apply(witnessed, room, item)`.
   * @template {any[]} A
   * @param {(state: State, ...args: A) => State} transition
   * @param {A} args
   */
  apply(transition, ...args) {
    const next = transition(this.state, ...args);
    if (next === this.state) return;
    this.state = next;
    if (!this.told) return;
    this.told = false;
    this.soon(() => {
      this.told = true;
      for (const listener of this.listeners) apart(() => listener(this.state));
    });
  }

  /** @param {(state: State) => void} listener */
  listen(listener) {
    this.listeners.push(listener);
  }
}
