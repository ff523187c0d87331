import { Failure } from './failure.js';

/**
 * @typedef {{ body?: unknown, key?: string, token?: string, ms?: number }} Options
 * `key` becomes the Idempotency-Key, `ms` bounds the wait.
 */

/**
 * Sends one request and returns the decoded answer. Rejects with a Failure:
 * the problem's code, or `offline` when nothing answered in time.
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @param {typeof fetch} [fetcher]
 */
export async function request(method, path, options = {}, fetcher = fetch) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), options.ms ?? 15_000);
  try {
    const answer = await fetcher(path, {
      method,
      headers: headers(options),
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: stop.signal,
      cache: 'no-store',
      credentials: 'same-origin',
    });
    return await decode(answer);
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('offline', { detail: String(error) });
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Options} options */
function headers(options) {
  /** @type {Record<string, string>} */
  const all = {};
  if (options.body !== undefined) all['Content-Type'] = 'application/json';
  if (options.token) all.Authorization = `Bearer ${options.token}`;
  if (options.key) all['Idempotency-Key'] = options.key;
  return all;
}

/** @param {Response} answer */
async function decode(answer) {
  const text = await answer.text();
  const value = parsed(text);
  if (answer.ok) return value;
  throw new Failure(value?.code ?? (answer.status >= 500 ? 'unavailable' : 'internal'), {
    status: answer.status,
    detail: value?.detail,
    field: value?.errors?.[0]?.field,
    ban: value?.ban,
  });
}

/** @param {string} text */
function parsed(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined; // a proxy's page, not natter's answer
  }
}
