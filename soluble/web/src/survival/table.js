/**
 * A reader's own cohort from a CSV file: columns marker, time, event and perhaps arm. It is read in the page and goes nowhere; a
 * cell is text that becomes a number by `numeral` or a problem that says where it stands and what would be right.
 */
import { numeral } from "../state.js";

export const LIMITS = { bytes: 2e6, patients: 5000, columns: 100, least: 10, arms: 2 };
const NEEDED = ["marker", "time", "event"];

/** What is wrong with a file, in words for its reader. */
export class Problem extends Error {}
const problem = (text) => {
  throw new Problem(text);
};

/** Foreign text for a sentence: short, on one line, without characters that could steer it. */
const quote = (text) => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, " ").trim();
  return `“${[...plain].length > 30 ? [...plain].slice(0, 30).join("") + "…" : plain}”`;
};

/** Raises `Problem` for a file that is too large to read, or empty. */
export function checkSize(bytes) {
  if (bytes > LIMITS.bytes) problem(`The file has ${(bytes / 1e6).toFixed(1)} MB; at most ${LIMITS.bytes / 1e6} MB are read. Keep the columns marker, time, event and arm.`);
  if (!bytes) problem("The file is empty. Its first row should read marker,time,event,arm.");
}

/** The text of a file's bytes. Raises `Problem` for what is no text in UTF-8. */
export function decode(bytes) {
  const starts = (...first) => first.every((b, i) => bytes[i] === b);
  if (starts(0x50, 0x4b) || starts(0xd0, 0xcf)) problem("This is a workbook of a spreadsheet program, not a CSV file. Save the sheet as “CSV UTF-8” and open that.");
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff)) problem("The file is in UTF-16. Save it as “CSV UTF-8”.");
  if (bytes.includes(0)) problem("This is not a text file. Save the table as CSV.");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // takes a byte order mark away
  } catch {
    return problem("The file is not in UTF-8. Save it as “CSV UTF-8”, or write names without accents.");
  }
}

/** Rows of cells, each with the line on which it begins; quotes as in RFC 4180. Lines with # before the header are skipped. */
function split(text) {
  const rows = [];
  const remarks = /^(?:#[^\r\n]*(?:\r\n|\r|\n))+/.exec(text)?.[0] ?? "";
  let separator = "", cells = [], cell = "", quoted = false, opened = 0;
  let line = 1 + (remarks.match(/\r\n|\r|\n/g)?.length ?? 0), begun = line;
  const endCell = () => {
    cells.push(cell);
    cell = "";
    if (cells.length > LIMITS.columns) problem(`Row ${begun} has more than ${LIMITS.columns} cells. Keep the columns marker, time, event and arm.`);
  };
  const endRow = () => {
    endCell();
    if (cells.some((c) => c.trim())) rows.push({ line: begun, cells });
    if (rows.length > LIMITS.patients + 1) problem(`The file has more than ${LIMITS.patients.toLocaleString("en")} patients. Open a part of it.`);
    cells = [];
  };
  for (let i = remarks.length; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') cell += text[++i];
      else if (c === '"') quoted = false;
      else {
        if (c === "\n") line++;
        cell += c;
      }
    } else if (c === '"' && !cell.trim()) {
      quoted = true;
      opened = line;
      cell = "";
    } else if (c === "\n" || c === "\r") {
      if (c === "\r" && text[i + 1] === "\n") i++;
      endRow();
      begun = ++line;
    } else if (separator ? c === separator : c === "," || c === ";" || c === "\t") {
      separator ||= c; // the first that occurs, in the header
      endCell();
    } else cell += c;
  }
  if (quoted) problem(`Row ${opened}: a quotation mark is opened and not closed. Close it, or leave it out.`);
  if (cell || cells.length) endRow();
  return { rows, separator };
}

/** A name of the header without its unit: "marker [pg/mL]" gives ["marker", "pg/mL"]. */
function heading(cell) {
  const [, name, unit] = /^([^[(]*?)\s*(?:[[(]([^\])]*)[\])])?$/.exec(cell.trim()) ?? [, cell.trim(), ""];
  return [name.toLowerCase(), unit ?? ""];
}

/** Why a cell is no number, and what would be. */
function unusable(text) {
  const cell = text.trim();
  if (!cell || /^(na|nan|n\/a|null|none|\.|-|missing|unknown)$/i.test(cell)) return `${cell ? quote(cell) : "the cell"} is missing; leave this patient out`;
  if (/^[=@]|^[+-]\s*[a-z(@]/i.test(cell)) return `${quote(cell)} is a formula; write its value`;
  if (/^[<>≤≥]\s*[\d.]/.test(cell)) return `${quote(cell)} is no number; write the value that you use for it`;
  if (/^[+-]?\d+,\d+$/.test(cell)) return `${quote(cell)} has a decimal comma; write ${cell.replace(",", ".").slice(0, 20)}`;
  if (/^[+-]?\d[\d ',.]*\d$/.test(cell)) return `${quote(cell)} is written with separators; write plain digits such as 1250.5`;
  if (/^[+-]?[\d.]+\s*[^\d\s.].*$/.test(cell) && !/^[+-]?[\d.]+e/i.test(cell)) return `${quote(cell)} has more than a number in it; write the number alone`;
  return `${quote(cell)} is no number; write digits with a decimal point`;
}

/**
 * The cohort in a text: `{unit, timeUnit, time, event, marker, arm, arms, ignored}`; `arm` (places in `arms`) is null where the
 * file has no such column. Raises `Problem`.
 */
export function readCohort(text) {
  const { rows, separator } = split(text);
  if (!rows.length) problem("The file has no row. Its first row should read marker,time,event,arm.");
  const [{ line: top, cells: head }, ...body] = rows;
  const names = head.map(heading);
  const where = new Map();
  names.forEach(([name], i) => {
    if (![...NEEDED, "arm"].includes(name)) return;
    if (where.has(name)) problem(`Row ${top}: columns ${where.get(name) + 1} and ${i + 1} are both named ${name}. Keep one of them.`);
    where.set(name, i);
  });
  const lacking = NEEDED.filter((name) => !where.has(name));
  if (lacking.length) {
    const found = head.length === 1 ? `It is one cell, ${quote(head[0])}: separate columns by commas, semicolons or tabs.` : `It has ${head.slice(0, 8).map(quote).join(", ")}${head.length > 8 ? " and more" : ""}.`;
    problem(`Row ${top}, the header, has no column named ${lacking.join(" and none named ")}. ${found} A first row that works: marker,time,event,arm.`);
  }
  const out = { unit: names[where.get("marker")][1].slice(0, 20), timeUnit: names[where.get("time")][1].slice(0, 20), time: [], event: [], marker: [], arm: where.has("arm") ? [] : null, arms: [] };
  out.ignored = names.length - where.size;
  for (const { line, cells } of body) {
    const at = (name) => `Row ${line}, column ${where.get(name) + 1} (${name})`;
    if (cells.length !== head.length) problem(`Row ${line} has ${cells.length} ${cells.length === 1 ? "cell" : "cells"}, the header ${head.length}. ${cells.length > head.length && separator === "," ? "A decimal comma? Write a point." : "Give each patient a cell for each column."}`);
    const value = (name) => numeral(cells[where.get(name)]) ?? problem(`${at(name)}: ${unusable(cells[where.get(name)])}.`);
    const marker = value("marker"), time = value("time"), event = value("event");
    if (time < 0) problem(`${at("time")}: ${quote(cells[where.get("time")])} is negative; a time runs from entry to event or end of observation.`);
    if (event !== 0 && event !== 1) problem(`${at("event")}: ${quote(cells[where.get("event")])} is neither 0 nor 1; write 1 where the event was seen and 0 where observation ended before it${event === 2 ? " (where 1 and 2 are used, 1 becomes 0 and 2 becomes 1)" : ""}.`);
    if (out.arm) {
      const arm = cells[where.get("arm")].trim();
      if (!arm) problem(`${at("arm")}: the cell is empty; name the patient's arm, or leave the whole column out.`);
      if (arm.length > 40) problem(`${at("arm")}: ${quote(arm)} is long for a name; use at most 40 letters.`);
      if (!out.arms.includes(arm)) out.arms.push(arm);
      if (out.arms.length > LIMITS.arms) problem(`${at("arm")}: ${quote(arm)} is a third arm after ${out.arms.slice(0, 2).map(quote).join(" and ")}; two can be compared.`);
      out.arm.push(arm);
    }
    out.marker.push(marker);
    out.time.push(time);
    out.event.push(event);
  }
  if (out.time.length < LIMITS.least) problem(`The file has ${out.time.length} ${out.time.length === 1 ? "patient" : "patients"}; at least ${LIMITS.least} are needed to show anything.`);
  if (!out.event.some(Boolean)) problem(`Column ${where.get("event") + 1} (event) is 0 in every row, so there is nothing to compare; 1 stands for an event that was seen.`);
  if (out.marker.every((v) => v === out.marker[0])) problem(`Column ${where.get("marker") + 1} (marker) has one value for all, so there is no cut.`);
  if (!out.time.some((t) => t > 0)) problem(`Column ${where.get("time") + 1} (time) is 0 in every row.`);
  out.arms.sort();
  if (out.arms.length === 1) Object.assign(out, { arm: null, arms: [] });
  if (out.arm) out.arm = out.arm.map((name) => out.arms.indexOf(name));
  return out;
}
