/** Dense linear algebra for the few unknowns of a model: LU with row pivoting, real and complex, and eigenvalues. */

/** Factor the n*n row-major matrix in place; returns the pivots, or null when the matrix is singular. */
export function factor(a, n, pivots = new Int32Array(n)) {
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[best * n + k])) best = i;
    pivots[k] = best;
    if (!(Math.abs(a[best * n + k]) > 0)) return null;
    if (best !== k) for (let j = 0; j < n; j++) [a[k * n + j], a[best * n + j]] = [a[best * n + j], a[k * n + j]];
    const inverse = 1 / a[k * n + k];
    for (let i = k + 1; i < n; i++) {
      const m = (a[i * n + k] *= inverse);
      if (m !== 0) for (let j = k + 1; j < n; j++) a[i * n + j] -= m * a[k * n + j];
    }
  }
  return pivots;
}

/** Solve in place with what `factor` left behind. */
export function solve(a, pivots, b, n) {
  for (let k = 0; k < n; k++) {
    const p = pivots[k];
    if (p !== k) [b[k], b[p]] = [b[p], b[k]];
  }
  for (let i = 1; i < n; i++) {
    let s = b[i];
    for (let j = 0; j < i; j++) s -= a[i * n + j] * b[j];
    b[i] = s;
  }
  for (let i = n - 1; i >= 0; i--) {
    let s = b[i];
    for (let j = i + 1; j < n; j++) s -= a[i * n + j] * b[j];
    b[i] = s / a[i * n + i];
  }
}

/** The same for a complex matrix, kept as a real and an imaginary part. */
export function factorComplex(re, im, n, pivots = new Int32Array(n)) {
  for (let k = 0; k < n; k++) {
    let best = k, size = 0;
    for (let i = k; i < n; i++) {
      const s = Math.abs(re[i * n + k]) + Math.abs(im[i * n + k]);
      if (s > size) [best, size] = [i, s];
    }
    pivots[k] = best;
    if (!(size > 0)) return null;
    if (best !== k)
      for (let j = 0; j < n; j++) {
        [re[k * n + j], re[best * n + j]] = [re[best * n + j], re[k * n + j]];
        [im[k * n + j], im[best * n + j]] = [im[best * n + j], im[k * n + j]];
      }
    const pr = re[k * n + k], pi = im[k * n + k], d = pr * pr + pi * pi;
    for (let i = k + 1; i < n; i++) {
      const ar = re[i * n + k], ai = im[i * n + k];
      const mr = (re[i * n + k] = (ar * pr + ai * pi) / d);
      const mi = (im[i * n + k] = (ai * pr - ar * pi) / d);
      if (mr === 0 && mi === 0) continue;
      for (let j = k + 1; j < n; j++) {
        const br = re[k * n + j], bi = im[k * n + j];
        re[i * n + j] -= mr * br - mi * bi;
        im[i * n + j] -= mr * bi + mi * br;
      }
    }
  }
  return pivots;
}

export function solveComplex(re, im, pivots, br, bi, n) {
  for (let k = 0; k < n; k++) {
    const p = pivots[k];
    if (p !== k) {
      [br[k], br[p]] = [br[p], br[k]];
      [bi[k], bi[p]] = [bi[p], bi[k]];
    }
  }
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++) {
      const ar = re[i * n + j], ai = im[i * n + j];
      br[i] -= ar * br[j] - ai * bi[j];
      bi[i] -= ar * bi[j] + ai * br[j];
    }
  for (let i = n - 1; i >= 0; i--) {
    let sr = br[i], si = bi[i];
    for (let j = i + 1; j < n; j++) {
      const ar = re[i * n + j], ai = im[i * n + j];
      sr -= ar * br[j] - ai * bi[j];
      si -= ar * bi[j] + ai * br[j];
    }
    const pr = re[i * n + i], pi = im[i * n + i], d = pr * pr + pi * pi;
    br[i] = (sr * pr + si * pi) / d;
    bi[i] = (si * pr - sr * pi) / d;
  }
}
