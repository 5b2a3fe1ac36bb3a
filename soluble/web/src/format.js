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
  if (largest > 0 && largest < 1e-3) {
    const power = 3 * Math.floor(Math.log10(largest) / 3);
    return [10 ** power, `10${superscript(power)}`];
  }
  return [1, ""];
}

/** Tick of a logarithmic axis: 0.01, 1, 1,000, 10⁶. */
export function decade(v) {
  const power = Math.round(Math.log10(v));
  if (Math.abs(Math.log10(v) - power) > 1e-9) return v >= 1e4 || v < 1e-2 ? "" : grouped(String(Number(v.toPrecision(3))));
  return power > 3 || power < -2 ? `10${superscript(power)}` : grouped(String(10 ** power === v ? v : Number(v.toPrecision(3))));
}

/** A sentence begins with a capital, but a symbol such as sIL-6R keeps its spelling. */
export const capital = (text) => (/^[a-z]+(?=[\s,;.-]|$)/.test(text) ? text[0].toUpperCase() + text.slice(1) : text);

/** Does the name take "are"? Its head noun stands before any "in", "of", "per". */
export const plural = (name) => {
  const head = name.split(/ (?:in|of|per|at|on|with|to|and|bound|from)\b|[,(]/)[0].trim();
  return / and /.test(name) || /(?:[^siu]s|ies|ses|data)$/.test(head);
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
