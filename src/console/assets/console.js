// Sends forms without leaving the page, so that a chosen file stays chosen. Every page works without this.
"use strict";

const status = document.getElementById("status");

function announce(text) {
  status.textContent = "";
  // A text that is set twice is read twice only if it changed in between.
  setTimeout(() => { status.textContent = text; }, 50);
}

// === Forms ===

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches("[data-enhanced]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  const data = new FormData(form, button);
  const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action");
  busy(form, button, true);
  announce((button?.dataset.doing ?? form.dataset.enhanced) + "…");
  try {
    const answer = await fetch(action.split("#")[0], { method: "POST", body });
    const file = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "");
    if (file) {
      save(await answer.blob(), file[1]);
    } else {
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    fail();
  }
  busy(form, button, false);
});

function busy(form, button, isBusy) {
  form.setAttribute("aria-busy", String(isBusy));
  button?.classList.toggle("busy", isBusy);
}

// Takes the result and what is wrong with fields from a whole page.
function show(page) {
  const result = page.getElementById("result");
  if (!result) return fail();
  markFields(page);
  document.getElementById("result").replaceWith(document.adoptNode(result));
  addCopyButtons(result);
  announce(result.dataset.announce ?? "");
  const wrong = document.querySelector("[aria-invalid=true]");
  wrong?.closest("details")?.setAttribute("open", "");
  const heading = document.getElementById("result-heading");
  (wrong ?? heading)?.focus({ preventScroll: true });
  (wrong?.closest(".field") ?? result).scrollIntoView({ block: wrong ? "center" : "nearest" });
  if (!wrong && result.getBoundingClientRect().top < 0) result.scrollIntoView();
}

function markFields(page) {
  for (const error of document.querySelectorAll(".error")) {
    const text = page?.getElementById(error.id)?.textContent ?? "";
    const field = document.getElementById(error.id.replace(/-error$/, ""));
    error.textContent = text;
    if (text) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  markFields(null);
  announce(name + " was downloaded.");
}

function fail() {
  const heading = document.createElement("h2");
  heading.id = "result-heading";
  heading.tabIndex = -1;
  heading.textContent = "The service did not answer";
  const text = document.createElement("p");
  text.textContent = "Nothing is known of what became of it. Is the service running?";
  const box = document.createElement("div");
  box.className = "verdict bad";
  box.append(heading, text);
  document.getElementById("result").replaceChildren(box);
  announce(heading.textContent);
  heading.focus();
}

// === Dropping files ===

for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  const over = (isOver) => zone.classList.toggle("over", isOver);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); over(true); });
  zone.addEventListener("dragleave", () => over(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (event.dataTransfer.files.length !== 1) return announce("Drop one file.");
    input.files = event.dataTransfer.files;
    input.focus();
    announce(input.files[0].name + " was chosen.");
  });
}

for (const hint of document.querySelectorAll("[data-with-script]")) hint.hidden = false;

// === Copying ===

function addCopyButtons(root) {
  // Browsers allow it only on this machine or over TLS.
  if (!navigator.clipboard) return;
  for (const text of root.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.textContent);
      announce("Copied.");
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    const box = document.createElement("div");
    box.className = "copyable";
    text.before(box);
    box.append(text, button);
  }
}

addCopyButtons(document);
