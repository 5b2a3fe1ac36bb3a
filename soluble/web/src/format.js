/** Numbers and phrases for people. */

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const WORDS = [
  [1e12, "trillion"],
  [1e9, "billion"],
  [1e6, "million"],
];

export const superscript = (n) => [...String(n)].map((c) => RAISED[c]).join("");

const grouped = (text) => {
  const [whole, rest] = text.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? "." + rest : "");
};

/** 13000 -> "13,000"; 9.1234e6 -> "9.12 million"; 3e-7 -> "3 × 10⁻⁷". */
export function number(v, digits = 3) {
  if (!Number.isFinite(v)) return "no number";
  if (v === 0) return "0";
  const sign = v < 0 ? "−" : "";
  let a = Number(Math.abs(v).toPrecision(digits));
  if (a >= 1e15 || a < 1e-3) {
    const [mantissa, exponent] = a.toExponential().split("e");
    return `${sign}${mantissa === "1" ? "" : mantissa + " × "}10${superscript(Number(exponent))}`;
  }
  for (const [size, word] of WORDS) if (a >= size) return `${sign}${grouped(String(Number((a / size).toPrecision(digits))))} ${word}`;
  return sign + grouped(String(a));
}

/** The same number as one types it into a field. */
export function plain(v) {
  const a = Number(v.toPrecision(6));
  if (a !== 0 && (Math.abs(a) >= 1e5 || Math.abs(a) < 1e-3)) return a.toExponential().replace("e+", "e");
  return String(a);
}

/** A number with its unit; a percent sign and the like are part of the unit. */
export const measure = (v, unit, digits) => (unit ? `${number(v, digits)} ${unit}` : number(v, digits));

/** A whole panel on one scale: the divisor and its word, so that ticks read 2, 4, 6 below "million cells". */
export function magnitude(largest) {
  for (const [size, word] of WORDS) if (largest >= size) return [size, word];
  if (largest >= 1e5) return [1e3, "thousand"];
  if (largest > 0 && largest < 0.01) {
    const power = 3 * Math.floor(Math.log10(largest) / 3 + 1e-9);
    return [10 ** power, `10${superscript(power)}`];
  }
  return [1, ""];
}

/** Labels for the ticks of a logarithmic axis: 0.1, 1, 10 - or, where they get long, 10², 10³, 10⁴ throughout. */
export function decades(ticks) {
  const raised = ticks.some((v) => v > 9.9e3 || v < 1.1e-3);
  return ticks.map((v) => {
    const power = Math.round(Math.log10(v));
    if (Math.abs(Math.log10(v) - power) > 1e-9) return raised ? "" : grouped(String(Number(v.toPrecision(3))));
    return raised && power !== 0 && power !== 1 ? `10${superscript(power)}` : grouped(String(Number((10 ** power).toPrecision(3))));
  });
}

/** A sentence begins with a capital, but a symbol such as sIL-6R keeps its spelling. */
export const capital = (text) => (/^[a-z]+(?=[\s,;.-]|$)/.test(text) ? text[0].toUpperCase() + text.slice(1) : text);

/** Does the name take "are"? Its head noun stands before any "in", "of", "per". */
export const plural = (name) => {
  const head = name.split(/ (?:in|of|per|at|on|with|to|for|from|over|without)\b|[,(]/)[0].trim();
  return / and /.test(head) || /(?:[^siu]s|ies|ses|data)$/.test(head);
};

/** How `now` compares with `then`, in words; empty where a ratio says nothing. */
export function compared(now, then) {
  const ratio = now / then;
  if (!(ratio > 0) || !Number.isFinite(ratio)) return "";
  if (Math.abs(ratio - 1) < 0.005) return "the same as";
  if (ratio >= 1.95) return `${number(ratio, 2)} times`;
  if (ratio > 1) return `${number(100 * (ratio - 1), 2)} % more than`;
  if (ratio > 0.5) return `${number(100 * (1 - ratio), 2)} % less than`;
  return `${number(100 * ratio, 2)} % of`;
}
