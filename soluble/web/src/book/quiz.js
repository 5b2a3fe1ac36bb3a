// A quiz answers when it is asked to: the feedback of the chosen answers opens and is announced.
function judge(quiz) {
  const answers = [...quiz.querySelectorAll(".quiz-answer")];
  const status = quiz.querySelector(".quiz-status");
  const chosen = answers.filter((a) => a.querySelector("input").checked);
  for (const answer of answers) {
    answer.classList.remove("is-right", "is-wrong");
    answer.querySelector("details").open = false;
  }
  if (!chosen.length) {
    status.textContent = "Choose an answer first.";
    return;
  }
  for (const answer of chosen) {
    answer.classList.add(answer.dataset.right === "true" ? "is-right" : "is-wrong");
    answer.querySelector("details").open = true;
  }
  const wrong = chosen.filter((a) => a.dataset.right !== "true");
  const missing = answers.filter((a) => a.dataset.right === "true" && !chosen.includes(a));
  // The feedback stands under each chosen answer; here it is for who listens.
  const why = document.createElement("span");
  why.className = "visually-hidden";
  why.textContent = ` ${chosen.map((a) => a.querySelector(".quiz-why").textContent.trim()).join(" ")}`;
  const verdict = wrong.length
    ? "Not yet."
    : missing.length
      ? `Right so far; ${missing.length} more ${missing.length === 1 ? "answer is" : "answers are"} right.`
      : "Correct.";
  const solved = !wrong.length && !missing.length;
  quiz.classList.toggle("is-solved", solved);
  if (solved) quiz.dispatchEvent(new Event("solved"));
  status.replaceChildren(verdict, why);
}

export function quizzes() {
  for (const quiz of document.querySelectorAll("form.quiz")) {
    quiz.addEventListener("submit", (event) => {
      event.preventDefault();
      judge(quiz);
    });
    quiz.addEventListener("change", () => {
      quiz.querySelector(".quiz-status").textContent = "";
      quiz.classList.remove("is-solved");
      for (const answer of quiz.querySelectorAll(".quiz-answer")) answer.classList.remove("is-right", "is-wrong");
    });
  }
}
