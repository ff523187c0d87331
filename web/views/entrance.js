import { languages, nameOf } from '../i18n/index.js';
import { copy, get, tell, translate } from './dom.js';
import { CodeForm, Form, proof } from './form.js';

/** @typedef {'login'|'signup'|'forgot'|'verify'|'reset'} Step */

/** What a fragment brings along: an invitation to natter, a link into a room, or why signing in elsewhere failed. @param {string} hash */
export function arrival(hash) {
  const all = new URLSearchParams(hash.replace(/^#\/?/, ''));
  const join = /^#\/join\/([\w-]{1,200})$/.exec(hash)?.[1] ?? '';
  return { invitation: all.get('invitation') ?? '', error: all.get('error') ?? '', join };
}

/** The first thing that a visitor sees: the ways in, one step at a time. What was filled in stays. */
export class EntranceView {
  /**
   * @param {{ entrance: Entrance, tab: Memory, known: boolean,
   *   arrival: ReturnType<typeof arrival>, speak(lang: string): void }} o
   * `tab` remembers a code that is under way while one looks for the mail; `known`: somebody was logged in here before.
   */
  constructor(o) {
    this.o = o;
    this.root = copy('entrance');
    /** @type {About} */
    this.about = { signup: 'open', first: false, oidc: [], mailbox: '' };
    /** @type {Partial<Record<Step, Form>>} */ this.forms = {};
    /** @type {Step|''} */ this.step = '';
    this.farewell = '';
    /** @type {Tongue} */ this.tongue = /** @type {any} */ (null);
    this.other = 'en';
    this.root.addEventListener('click', (/** @type {any} */ e) => {
      const to = e.target.closest('[data-to]')?.dataset.to;
      if (to) this.go(to);
    });
    get(this.root, '[data-lang]').addEventListener('click', () => o.speak(this.other));
    this.#learn();
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    if (this.tongue === tongue && this.farewell === state.farewell) return;
    this.tongue = tongue;
    this.farewell = state.farewell;
    for (const root of [this.root, ...Object.values(this.forms).map((f) => f.root)]) translate(root, tongue);
    tell(get(this.root, '[data-farewell]'), this.o.tab.get('join') ? 'join.first' : state.farewell && tongue.either(`farewell.${state.farewell}`, 'farewell.ended'), tongue);
    tell(get(this.root, '[data-arrival]'), this.o.arrival.error && tongue.key(this.o.arrival.error, { internal: 'error.oidc', unauthenticated: 'error.oidc', forbidden: 'farewell.person_disabled' }), tongue);
    this.other = languages.find((lang) => lang !== tongue.lang) ?? 'en';
    const button = get(this.root, '[data-lang]');
    button.textContent = nameOf(this.other);
    button.lang = this.other;
    if (this.step) this.#words(this.step);
  }

  /** Asks what is open to strangers, until natter says it. */
  async #learn() {
    try {
      this.about = await this.o.entrance.about();
    } catch {
      setTimeout(() => { if (this.root.isConnected) this.#learn(); }, 2000 + Math.random() * 2000);
      if (this.step) return;
    }
    if (!this.step) return this.#begin();
    this.#words(this.step);
  }

  #begin() {
    const kept = this.#kept();
    if (kept) return this.#prove(kept.step, kept.proof);
    const { signup, first } = this.about;
    this.go(this.o.arrival.invitation || (!this.o.known && (first || signup === 'open')) ? 'signup' : 'login');
  }

  /** Shows a step. @param {Step} step */
  go(step) {
    this.step = step;
    const form = this.forms[step] ??= this.#make(step);
    get(this.root, '[data-step]').replaceChildren(form.root);
    this.#words(step);
    [...form.root.elements].find((e) => e.willValidate && e.localName === 'input' && !e.value)?.focus();
  }

  /** @param {Step} step */
  #make(step) {
    const { entrance } = this.o;
    const code = step === 'verify' || step === 'reset';
    const root = copy(code ? 'code' : step, this.tongue);
    const tongue = () => this.tongue;
    if (code) return this.#codeForm(root, step);
    return new Form(root, { tongue, act: async (v) => {
      if (step === 'login') return entrance.logIn(v.name, v.password);
      if (step === 'forgot') return this.#prove('reset', proof(await entrance.forgot(v.email), v.email));
      const invitation = this.o.arrival.invitation || (v.invitation ?? '').replace(/^.*invitation=/, '');
      const flow = await entrance.signUp({ name: v.name, email: v.email, password: v.password, ...(invitation && { invitation }) });
      this.#prove('verify', proof(flow, v.email));
    } });
  }

  /** @param {any} root @param {'verify'|'reset'} step */
  #codeForm(root, step) {
    const { entrance, tab } = this.o;
    const form = new CodeForm(root, {
      tongue: () => this.tongue, mailbox: () => this.about.mailbox, resend: (id) => entrance.resend(id),
      keep: (proof) => tab.set('proof', JSON.stringify({ step, proof })),
      act: async (v) => {
        const id = form.proof?.id ?? '';
        try {
          await (step === 'reset' ? entrance.reset(id, v.code, v.password) : entrance.verify(id, v.code, v.name));
        } catch (error) {
          if (/** @type {any} */ (error).code === 'name_taken') form.offer('name', true);
          throw error;
        }
        tab.set('proof', '');
      },
    });
    form.offer('password', step === 'reset');
    tell(get(root, '.primary'), `code.${step}`, this.tongue);
    get(root, '[data-wrong]').addEventListener('click', () => {
      tab.set('proof', '');
      this.go(step === 'reset' ? 'forgot' : 'signup');
    });
    return form;
  }

  /** Asks for the code that natter sent. @param {'verify'|'reset'} step @param {Proof} proof */
  #prove(step, proof) {
    this.o.tab.set('proof', JSON.stringify({ step, proof }));
    const form = this.forms[step] ??= this.#make(step);
    if (form instanceof CodeForm) form.start(proof);
    this.go(step);
  }

  /** The code that was under way when this page was put aside. @returns {{ step: 'verify'|'reset', proof: Proof }|null} */
  #kept() {
    try {
      const kept = JSON.parse(this.o.tab.get('proof'));
      return kept.proof.until > Date.now() ? kept : null;
    } catch {
      return null;
    }
  }

  /** What a step says beyond its template. @param {Step} step */
  #words(step) {
    const form = this.forms[step];
    if (form instanceof CodeForm) return form.words();
    if (!form || step === 'forgot') return;
    const { signup, first, oidc } = this.about;
    const { invitation } = this.o.arrival;
    if (step === 'signup') {
      get(form.root, '[data-invited]').hidden = !invitation;
      form.offer('invitation', signup === 'invitation' && !first && !invitation);
    } else {
      const closed = signup === 'closed' && !first;
      tell(get(form.root, '.turn span'), closed ? 'error.signup_closed' : 'login.new', this.tongue);
      get(form.root, '.turn button').hidden = closed;
    }
    const others = get(form.root, '[data-others]');
    others.hidden = !oidc.length;
    others.replaceChildren(...oidc.map(({ id, name }) => {
      const link = copy('other');
      link.href = `/api/oidc/${encodeURIComponent(id)}/start?return=${encodeURIComponent('/')}`;
      link.textContent = this.tongue.say('login.other', { name });
      return link;
    }));
  }
}
