// Everything on a page of the book that is not an explorer. Each part looks for its own elements and leaves a page
// that has none alone; with scripts off every page can be read without any of them.
import { chrome } from "./chrome.js";
import { code } from "./code.js";
import { facts } from "./facts.js";
import { keys } from "./keys.js";
import { progress } from "./progress.js";
import { quizzes } from "./quiz.js";
import { search } from "./search.js";
import { tables } from "./tables.js";

const start = () => [chrome, code, facts, keys, progress, quizzes, search, tables].forEach((part) => part(document));

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
