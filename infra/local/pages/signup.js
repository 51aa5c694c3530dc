// The demo sign-up page: the exact disclosure, an unticked box, honest states, errors where they belong.
"use strict";

const PROGRAMME = "demo";
const byId = (id) => document.getElementById(id);
const names = new Intl.DisplayNames(undefined, { type: "region" });
let programme = null;
let asked = null; // {phone, country} of the request under way

const SAYS = {
  required: "This is needed.",
  missing: "This is needed.",
  too_long: "This is too long.",
};

function notice(message, kind) {
  const box = byId("notice");
  box.textContent = message;
  box.className = `notice ${kind || ""}`;
  box.hidden = !message;
}

function mark(name, message) {
  const field = byId(name);
  byId(`${name}-error`).textContent = message || "";
  byId(`${name}-error`).hidden = !message;
  if (message) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

function clear(names) {
  for (const name of names) mark(name, "");
  notice("");
}

// Problems are shown at the field they name; the rest above the form. The first one gets the focus.
function refuse(problem, fields, only) {
  const found = (problem.fields ?? []).filter(({ field }) => fields.includes(field));
  for (const { field, problem: what } of found) mark(field, SAYS[what] ?? problem.detail);
  if (!found.length && only) {
    mark(only, problem.detail);
    found.push({ field: only });
  }
  if (found.length) byId(found[0].field).focus();
  else {
    notice(problem.detail ?? "That did not work. Nothing was sent.", "bad");
    byId("notice").focus();
  }
}

async function call(path, body) {
  let response;
  try {
    response = await fetch(path, body && {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
      body: JSON.stringify(body),
    });
  } catch {
    return { ok: false, problem: { detail: "The service cannot be reached. Nothing is known to have been sent; try again." } };
  }
  const answer = await response.json().catch(() => ({}));
  return response.ok ? { ok: true, answer } : { ok: false, status: response.status, problem: answer };
}

async function load() {
  const locale = new URLSearchParams(location.search).get("locale");
  const query = locale ? `?locale=${encodeURIComponent(locale)}` : "";
  const { ok, answer, problem } = await call(`/v1/programmes/${PROGRAMME}${query}`);
  if (!ok) {
    byId("what").textContent = "";
    return notice(`The sign-up cannot be shown: ${problem.detail ?? problem.message ?? "no answer"}`, "bad");
  }
  programme = answer;
  document.title = `${answer.name} · ${answer.brand}`;
  byId("title").textContent = `${answer.brand}: ${answer.name}`;
  const frequency = answer.frequency.charAt(0).toUpperCase() + answer.frequency.slice(1);
  byId("what").textContent = [answer.description, frequency].filter(Boolean)
    .map((line) => (/[.!?…]$/.test(line) ? line : `${line}.`)).join(" ");
  byId("disclosure").textContent = answer.disclosure.text;
  byId("disclosure").lang = answer.disclosure.locale;
  const options = answer.countries
    .map((code) => [names.of(code) ?? code, code])
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, code]) => new Option(name, code, false, code === "US"));
  byId("country").replaceChildren(...options);
  byId("ask").hidden = false;
}

// A token is for one form; without a fresh one the next is still taken, under stricter limits.
async function renew() {
  const { ok, answer } = await call(`/v1/programmes/${PROGRAMME}`);
  programme.form_token = ok ? answer.form_token : undefined;
}

async function during(button, label, work) {
  const before = button.textContent;
  button.disabled = true;
  button.textContent = label;
  try {
    return await work();
  } finally {
    button.disabled = false;
    button.textContent = before;
  }
}

async function ask(event) {
  event.preventDefault();
  clear(["country", "phone", "consent"]);
  const phone = byId("phone").value.trim();
  if (!phone) mark("phone", "Enter your mobile number.");
  if (!byId("consent").checked) mark("consent", "Tick the box if you agree. Without it no text is sent.");
  const first = byId("ask").querySelector("[aria-invalid]");
  if (first) return first.focus();
  asked = { phone, country: byId("country").value };
  const { ok, problem } = await during(byId("ask-button"), "Sending…", () => call("/v1/opt-ins", {
    programme_id: PROGRAMME,
    ...asked,
    consent: true,
    disclosure_version: programme.disclosure.version,
    locale: programme.disclosure.locale,
    page_url: location.origin + location.pathname,
    form_token: programme.form_token,
    website: byId("website").value,
  }));
  if (!ok && problem.code === "invalid_form_token") await renew();
  if (!ok) return refuse(problem, ["country", "phone", "consent"]);
  renew();
  byId("ask").hidden = true;
  byId("confirm").hidden = false;
  if (phone.startsWith("+")) byId("phones").href = `/_local/phones?phone=${encodeURIComponent(phone.replace(/[^+\d]/g, ""))}`;
  notice("Not signed up yet. If this number can be signed up, a text is on its way to it: answer YES there, or enter its code here.");
  byId("code").focus();
}

async function confirm(event) {
  event.preventDefault();
  clear(["code"]);
  const code = byId("code").value.replace(/\s/g, "");
  if (!/^\d{6}$/.test(code)) {
    mark("code", "The code has 6 digits.");
    return byId("code").focus();
  }
  const { ok, problem } = await during(byId("confirm-button"), "Checking…", () =>
    call("/v1/opt-ins/confirm", { programme_id: PROGRAMME, ...asked, code }));
  if (!ok) return refuse(problem, ["code"], "code");
  byId("confirm").hidden = true;
  notice("You are signed up. Text STOP at any time to end it.", "good");
  byId("notice").focus();
}

byId("ask").addEventListener("submit", ask);
byId("confirm").addEventListener("submit", confirm);
byId("again").addEventListener("click", () => {
  byId("confirm").hidden = true;
  byId("ask").hidden = false;
  notice("");
  byId("phone").focus();
});
load();
