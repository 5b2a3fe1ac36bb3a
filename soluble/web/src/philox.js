/**
 * The book's one pseudo-random generator: Philox4x32-10, the same numbers here and in Python (`soluble/philox.py`, which
 * says more). A number is a function of its place: seed, stream, step and index, whole numbers below 2^32.
 */
const M0 = 0xd2511f53, M1 = 0xcd9e8d57, W0 = 0x9e3779b9, W1 = 0xbb67ae85, ROUNDS = 10;

/** The upper half of a product of two 32-bit numbers; Math.imul gives the lower. */
function high(a, b) {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = a1 * b0 + ((a0 * b0) >>> 16); // below 2^32 - 2^16
  return a1 * b1 + Math.floor(middle / 65536) + (((middle & 0xffff) + a0 * b1) / 65536 | 0);
}

/** Puts the four output words (unsigned) of one counter into `out`. */
export function philox4x32(c0, c1, c2, c3, k0, k1, out) {
  for (let turn = 0; turn < ROUNDS; turn++) {
    if (turn) {
      k0 = (k0 + W0) | 0;
      k1 = (k1 + W1) | 0;
    }
    const [n0, n2] = [high(c2, M1) ^ c1 ^ k0, high(c0, M0) ^ c3 ^ k1];
    c1 = Math.imul(M1, c2);
    c3 = Math.imul(M0, c0);
    c0 = n0;
    c2 = n2;
  }
  out[0] = c0 >>> 0;
  out[1] = c1 >>> 0;
  out[2] = c2 >>> 0;
  out[3] = c3 >>> 0;
  return out;
}

/** Four numbers between 0 and 1, both excluded, in `out` (a Float64Array or Array of 4), which is returned. */
export function uniform(seed, stream, step, index, out = new Float64Array(4)) {
  philox4x32(index, step, stream, 0, seed, 0, out);
  for (let i = 0; i < 4; i++) out[i] = (out[i] + 0.5) / 4294967296;
  return out;
}

/** Four standard normal numbers (Box and Muller) in `out`, which is returned. */
export function normal(seed, stream, step, index, out = new Float64Array(4)) {
  uniform(seed, stream, step, index, out);
  for (let i = 0; i < 4; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(out[i])), angle = 2 * Math.PI * out[i + 1];
    out[i] = radius * Math.cos(angle);
    out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
