// A position is <incarnation>-<seq>: everything up to seq of that life of the
// log has been seen.

/** @typedef {{ life: string, seq: number }} Position */

/** @param {string} text @returns {Position} */
export function parsePosition(text) {
  const cut = text.lastIndexOf('-');
  return { life: text.slice(0, cut), seq: Number(text.slice(cut + 1)) };
}

/** @param {Position} position */
export const formatPosition = (position) => `${position.life}-${position.seq}`;

/** The position of another sequence in the same life. @param {string} position @param {number} seq */
export const positionAt = (position, seq) => formatPosition({ life: parsePosition(position).life, seq });
