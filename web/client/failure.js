/**
 * What went wrong, with the stable code of chat/errors.go, or one of ours:
 * `offline` (nothing answered; it may or may not have happened) and `ended`
 * (the session is over).
 */
export class Failure extends Error {
  /**
   * @param {string} code
   * @param {{ detail?: string, field?: string, status?: number, after?: number, ban?: Ban }} [about] `after` is when to try again, in milliseconds from now
   */
  constructor(code, about = {}) {
    super(about.detail ?? code);
    this.code = code;
    this.field = about.field ?? '';
    this.status = about.status ?? 0;
    this.after = about.after ?? 0;
    this.ban = about.ban ?? {};
  }
}

/** Codes after which the same request may succeed without a person's doing. */
const passing = new Set(['offline', 'outcome_unknown', 'unavailable', 'overloaded', 'rate_limited', 'internal', 'log_full']);

/** @param {unknown} error */
export const codeOf = (error) => (error instanceof Failure ? error.code : 'internal');

/** Says whether trying again later makes sense. @param {string} code */
export const isPassing = (code) => passing.has(code);
