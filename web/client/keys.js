/** The server's clock, learnt from the times that it sends. */
export class Clock {
  /** @param {() => number} local milliseconds since 1970, this machine's belief */
  constructor(local = Date.now) {
    this.local = local;
    this.ahead = 0;
  }

  /**
   * Learns from a time that the server wrote between `asked` and now.
   * @param {string} time RFC 3339
   * @param {number} asked this machine's time when the question left
   */
  learn(time, asked) {
    const theirs = Date.parse(time);
    if (Number.isFinite(theirs)) this.ahead = theirs - (asked + this.local()) / 2;
  }

  now() {
    return this.local() + this.ahead;
  }
}

/**
 * Returns a UUIDv7 (RFC 9562, section 5.7).
 * @param {number} ms since 1970, on the server's clock
 * @param {Uint8Array} random ten random bytes
 */
export function uuidv7(ms, random = crypto.getRandomValues(new Uint8Array(10))) {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, Math.floor(ms))) << 16n);
  bytes.set(random, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
