import { Failure } from '../client/failure.js';
import { withAccount } from '../state.js';
import { copy, get, name, tell, translate } from './dom.js';
import { CodeForm, Form, proof } from './form.js';
import { devices, folk, happenings, invitations, programs } from './lists.js';
import { Panel } from './panel.js';
import { ThingsPanel } from './things.js';

/** Changes the password. */
export class PasswordPanel extends Panel {
  /** @param {Tongue} tongue @param {Api} api @param {string} who */
  constructor(tongue, api, who) {
    super('password', tongue);
    const form = get(this.root, 'form');
    form.elements.username.value = who;
    new Form(form, { tongue: () => this.tongue, sorry: { wrong_credentials: 'error.wrong_password' }, act: async (v) => {
      await api.changePassword(v.old_password, v.password);
      form.hidden = true;
      tell(get(this.root, '.done'), 'password.done', this.tongue);
    } });
  }
}

/** Changes the address, once a code has proved the new one. */
export class EmailPanel extends Panel {
  /** @param {Tongue} tongue @param {Api} api @param {{ resend(id: string): Promise<any>, mailbox(): string, changed(account: Account): void }} o */
  constructor(tongue, api, o) {
    super('email', tongue);
    const ask = get(this.root, '[data-ask]');
    const prove = get(this.root, '[data-prove]');
    const speak = () => this.tongue;
    this.proving = new CodeForm(prove, { tongue: speak, resend: o.resend, mailbox: o.mailbox, keep: () => {}, act: async (v) => {
      o.changed(await api.proveEmail(this.proving.proof?.id ?? '', v.code));
      prove.hidden = true;
      tell(get(this.root, '.done'), 'email.done', this.tongue);
    } });
    new Form(ask, { tongue: speak, sorry: { wrong_credentials: 'error.wrong_password' }, act: async (v) => {
      this.proving.start(proof(await api.changeEmail(v.email, v.password), v.email));
      ask.hidden = true;
      prove.hidden = false;
      this.proving.focus('code');
    } });
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    super.render(state, tongue);
    this.proving.words();
  }
}

/** Makes a token or a link, and shows it once. */
export class MakePanel extends Panel {
  /**
   * @param {'token'|'invitation'|'link'} what @param {Tongue} tongue @param {number[]} days to choose from, 0 for ever
   * @param {{ name: string, role: string, password: boolean }} me
   * @param {(values: Record<string, string>) => Promise<string>} make returns the secret
   */
  constructor(what, tongue, days, me, make) {
    super('make', tongue);
    this.what = what;
    this.days = days;
    this.form = copy(what, tongue);
    get(this.root, 'header').after(this.form);
    const box = get(this.root, '[data-secret]');
    const field = get(box, 'input');
    const form = new Form(this.form, { tongue: () => this.tongue, sorry: { bad_name: 'error.bad_room_name', wrong_credentials: 'error.wrong_password', forbidden: 'error.old_login' }, act: async (values) => {
      field.value = await make(values);
      this.form.remove();
      box.hidden = false;
      field.focus();
      field.select();
    } });
    if (what === 'token') {
      get(this.form, '[data-admin]').hidden = me.role === 'member';
      this.form.elements.username.value = me.name;
      form.offer('password', me.password);
    } else this.form.elements.uses.value = '1';
    get(box, '[data-copy]').addEventListener('click', () => this.#copy(field));
    this.#words();
  }

  /** @param {State} state @param {Tongue} tongue */
  render(state, tongue) {
    if (this.tongue === tongue) return;
    super.render(state, tongue);
    translate(this.form, tongue);
    this.#words();
  }

  #words() {
    const box = get(this.root, '[data-secret]');
    get(this.root, 'h2').textContent = this.tongue.say(`${this.what}.title`);
    get(box, '.note').textContent = this.tongue.say(this.what === 'token' ? 'token.once' : 'invitation.once');
    name(get(box, 'input'), this.tongue.say(`${this.what}.title`));
    const select = this.form.elements.days;
    const chosen = select.value || String(this.days[1]);
    select.replaceChildren(...this.days.map((n) => new Option(n ? this.tongue.say('days', { n }) : this.tongue.say('days.never'), String(n))));
    select.value = chosen;
  }

  /** @param {any} field */
  async #copy(field) {
    field.select();
    const done = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
    if (done || document.execCommand('copy')) tell(get(this.root, '[data-secret] .done'), 'secret.copied', this.tongue);
  }
}

/** Opens what the settings lead to: one's account, and what moderators and owners look after. */
export class Settings {
  /**
   * @param {{ store: Store, api: Api, entrance: Entrance, tongue(): Tongue,
   *   open(panel: Panel, back: () => void): void, ask(question: Question, act: () => Promise<any>, after: () => void): void, me(): void }} o
   */
  constructor(o) {
    this.o = o;
    this.mailbox = '';
  }

  get #me() {
    const { me, account } = this.o.store.state;
    return { id: me?.id ?? '', name: me?.name ?? '', role: account?.role ?? 'member', password: account?.has_password ?? true };
  }

  /** @param {Kind} kind */
  #list(kind) {
    const panel = new ThingsPanel(this.o.tongue(), kind, (question, act) => this.o.ask(question, act, () => panel.load()));
    this.o.open(panel, () => this.o.me());
    panel.load();
  }

  devices() { this.#list(devices(this.o.api)); }
  programs() { this.#list(programs(this.o.api, () => this.#token())); }
  security() { this.#list(happenings(this.o.api, false)); }
  everybody() { this.#list(happenings(this.o.api, true)); }
  folk() { this.#list(folk(this.o.api, this.#me)); }
  invitations() { this.#list(invitations(this.o.api, () => this.#invitation())); }

  password() {
    this.o.open(new PasswordPanel(this.o.tongue(), this.o.api, this.#me.name), () => this.o.me());
  }

  email() {
    const { api, entrance, store } = this.o;
    entrance.about().then((about) => { this.mailbox = about.mailbox; }).catch(() => {});
    this.o.open(new EmailPanel(this.o.tongue(), api, {
      resend: (id) => entrance.resend(id), mailbox: () => this.mailbox, changed: (account) => store.apply(withAccount, account),
    }), () => this.o.me());
  }

  #token() {
    const panel = new MakePanel('token', this.o.tongue(), [30, 90, 365, 0], this.#me, async (v) => {
      const scopes = ['read', 'write', 'admin'].filter((s) => v[s]);
      if (!scopes.length) throw new Failure('no_scope', { field: 'read' });
      return (await this.o.api.makeToken({ name: v.name, scopes, password: v.password, ...(v.days !== '0' && { expires_in_days: Number(v.days) }) })).token;
    });
    this.o.open(panel, () => this.programs());
  }

  #invitation() {
    const make = async (/** @type {Record<string, string>} */ v) => new URL((await this.o.api.makeInvitation({ uses: Number(v.uses), expires_in_days: Number(v.days) })).link, location.href).href;
    this.o.open(new MakePanel('invitation', this.o.tongue(), [1, 7, 30], this.#me, make), () => this.invitations());
  }
}
