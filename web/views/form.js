import { Failure, codeOf } from '../client/failure.js';
import { get, show, tell } from './dom.js';

/** Which field an error is about, where natter does not name one. */
const about = {
  bad_name: 'name', name_taken: 'name', bad_email: 'email', bad_password: 'password', wrong_credentials: 'password',
  wrong_code: 'code', code_spent: 'code', bad_invitation: 'invitation', signup_closed: 'invitation',
};
let last = 0;

/**
 * A form that does one thing. What is wrong stands beside the field that it is
 * about, and the focus goes there; meanwhile the form takes no second answer.
 */
export class Form {
  /**
   * @param {any} root
   * @param {{ tongue(): Tongue, act(values: Record<string, string>): Promise<void>, sorry?: Record<string, string> }} o
   * `sorry` has keys for codes that mean something else here.
   */
  constructor(root, o) {
    this.root = root;
    this.o = o;
    this.busy = false;
    this.error = get(root, '.error');
    this.error.id = `error-${++last}`;
    this.home = this.error.previousElementSibling;
    root.addEventListener('submit', (/** @type {Event} */ e) => this.#submit(e));
    root.addEventListener('input', (/** @type {any} */ e) => { if (e.target.ariaInvalid) this.sorry(''); });
    for (const button of root.querySelectorAll('[data-reveal]')) button.addEventListener('click', () => reveal(button, button.ariaPressed !== 'true'));
  }

  /** Offers an optional field, or takes it away. @param {string} name @param {boolean} on */
  offer(name, on) {
    this.root.elements[name].disabled = !on;
    get(this.root, `[data-field=${name}]`).hidden = !on;
  }

  /** @param {string} name */
  focus(name) {
    this.root.elements[name].focus();
  }

  /** Says what is wrong, '' that nothing is. @param {string} code @param {string} [name] the field that it is about */
  sorry(code, name = '') {
    const field = this.root.elements[name];
    for (const input of this.root.querySelectorAll('[aria-invalid]')) {
      input.removeAttribute('aria-invalid');
      input.removeAttribute('aria-describedby');
    }
    (field?.closest('.field') ?? this.home).after(this.error);
    tell(this.error, code && this.o.tongue().key(code, this.o.sorry), this.o.tongue());
    if (!field || !code) return;
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', this.error.id);
    field.focus();
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.busy) return;
    const wrong = [...this.root.elements].find((e) => e.willValidate && !e.validity.valid);
    if (wrong) return this.sorry(wrong.validity.valueMissing ? 'missing' : wrong.dataset.bad, wrong.name);
    for (const button of this.root.querySelectorAll('[data-reveal]')) reveal(button, false); // so that browsers offer to keep it
    this.#wait(true);
    try {
      await this.o.act(this.#values());
      this.sorry('');
    } catch (error) {
      const named = /** @type {any} */ (error).field;
      const code = codeOf(error);
      this.sorry(code, named in this.root.elements ? named : about[/** @type {keyof typeof about} */ (code)]);
    }
    this.#wait(false);
  }

  /** @param {boolean} on */
  #wait(on) {
    this.busy = on;
    get(this.root, '.primary').setAttribute('aria-disabled', String(on));
  }

  /** What the fields hold: text without space around it and in one form, passwords as they are. */
  #values() {
    const fields = [...this.root.elements].filter((e) => e.name && !e.disabled);
    return Object.fromEntries(fields.map((e) => [e.name, e.type === 'checkbox' ? (e.checked ? 'on' : '') : e.type === 'password' ? e.value : e.value.trim().normalize('NFC')]));
  }
}

/** @param {any} button @param {boolean} on */
function reveal(button, on) {
  button.ariaPressed = String(on);
  get(button.parentElement, 'input').type = on ? 'text' : 'password';
}

/** What natter says of a code that it sent, as the page keeps it. @param {{ flow: string, expires_in: number, resend_in: number }} flow @param {string} email @returns {Proof} */
export const proof = (flow, email, now = Date.now()) => ({ id: flow.flow, email, until: now + flow.expires_in * 1000, again: now + flow.resend_in * 1000 });

/** The digits of what was typed or pasted, at most eight. @param {string} text */
export const digits = (text) => text.normalize('NFKC').replace(/\D/g, '').slice(0, 8);

/** The form that asks for the code from a mail. */
export class CodeForm extends Form {
  /**
   * @param {any} root
   * @param {{ tongue(): Tongue, act(values: Record<string, string>): Promise<void>, resend(id: string): Promise<any>,
   *   keep(proof: Proof): void, mailbox(): string }} o
   */
  constructor(root, o) {
    super(root, { ...o, act: (values) => o.act(values).catch((error) => this.#spent(error)) });
    this.code = o;
    this.wrong = 0;
    /** @type {Proof|null} */ this.proof = null;
    /** @type {any} */ this.timer = null;
    const field = root.elements.code;
    field.addEventListener('input', (/** @type {InputEvent} */ e) => { if (!e.isComposing) field.value = digits(field.value); });
    get(root, '[data-resend]').addEventListener('click', () => this.#resend());
  }

  /** @param {Proof} proof */
  start(proof) {
    this.proof = proof;
    this.wrong = 0;
    this.root.elements.code.value = '';
    tell(get(this.root, '[data-resent]'), '', this.o.tongue());
    this.sorry('');
    this.words();
  }

  /** Says all that depends on the language, the address or the time. */
  words() {
    if (!this.proof) return;
    const tongue = this.o.tongue();
    const box = get(this.root, '[data-mailbox]');
    show(get(this.root, '[data-sent]'), tongue.say('code.sent', { email: this.proof.email }));
    box.hidden = !this.code.mailbox();
    get(box, 'a').href = this.code.mailbox();
    this.#count();
  }

  /** After five wrong codes none will fit any more. @param {unknown} error */
  #spent(error) {
    throw codeOf(error) === 'wrong_code' && ++this.wrong >= 5 ? new Failure('code_spent') : error;
  }

  #count() {
    clearTimeout(this.timer);
    const left = Math.ceil(((this.proof?.again ?? 0) - Date.now()) / 1000);
    const button = get(this.root, '[data-resend]');
    button.textContent = left > 0 ? this.o.tongue().say('code.again.in', { n: left }) : this.o.tongue().say('code.again');
    button.setAttribute('aria-disabled', String(left > 0));
    if (left > 0) this.timer = setTimeout(() => { if (this.root.isConnected) this.#count(); }, 1000);
  }

  async #resend() {
    const { proof: old } = this;
    if (!old || this.busy || Date.now() < old.again) return;
    this.proof = { ...old, again: Date.now() + 5000 }; // one press, one mail
    this.#count();
    try {
      this.proof = proof(await this.code.resend(old.id), old.email);
      this.code.keep(this.proof);
      tell(get(this.root, '[data-resent]'), 'code.resent', this.o.tongue());
      this.focus('code');
    } catch (error) {
      this.sorry(codeOf(error));
    }
    this.#count();
  }
}
