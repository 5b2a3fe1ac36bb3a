/**
 * The distributions that pooling needs. Degrees of freedom are whole numbers here, so that the areas of t and chi-square
 * are finite sums; tests hold them against SciPy.
 */

const density = (z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** Where f, negative at `low` and positive at `high`, changes its sign: halved down to neighbouring numbers. */
export function root(f, low, high) {
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
}

/** The area of the normal distribution above z ≥ 0. */
export function normalTail(z) {
  if (z < 4) {
    let term = z, sum = z;
    for (let n = 3; term > 1e-17 * sum; n += 2) sum += term *= (z * z) / n;
    return 0.5 - density(z) * sum;
  }
  let fraction = z;
  for (let n = 80; n > 0; n--) fraction = z + n / fraction;
  return density(z) / fraction;
}

/** The area of Student's t between −t and t. */
function tMiddle(t, df) {
  const angle = Math.atan(t / Math.sqrt(df));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = df % 2;
  let term = odd ? cosine : 1, sum = df > 1 ? term : 0;
  for (let n = 2 + odd; n < df; n += 2) sum += term *= ((n - 1) / n) * cosine * cosine;
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** The z between whose ± lies the share `level` of the normal distribution; the same for t. */
export const normalQuantile = (level) => root((z) => 1 - level - 2 * normalTail(z), 0, 40);

export function tQuantile(level, df) {
  let top = 1;
  while (tMiddle(top, df) < level) top *= 2;
  return root((t) => tMiddle(t, df) - level, 0, top);
}

/** The area of chi-square above x. */
export function chi2Tail(x, df) {
  if (!(x > 0)) return 1;
  if (df % 2 === 0) {
    let term = 1, sum = 1;
    for (let i = 1; i < df / 2; i++) sum += term *= x / 2 / i;
    return Math.exp(-x / 2) * sum;
  }
  const z = Math.sqrt(x);
  let term = z, sum = df > 1 ? z : 0;
  for (let n = 3; n < df; n += 2) sum += term *= x / n;
  return 2 * (normalTail(z) + density(z) * sum);
}
