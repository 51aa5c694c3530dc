// The sign-up form on somebody's own page. Everything it shows is text, never markup; it keeps what
// was typed, loads nothing from third parties and stores nothing.
(() => {
  "use strict";
  const script = document.currentScript;
  const data = script.dataset;
  const api = new URL(script.src).origin;
  const asked = data.lang || script.closest("[lang]")?.lang || navigator.language || "en";
  const t = (key, gaps = {}) => words[key].replace(/\{(\w+)\}/g, (all, name) => gaps[name] ?? all);

  const host = document.createElement("div");
  host.className = "assent-form";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS + (data.theme === "auto" ? DARK : ""));
  root.adoptedStyleSheets = [sheet];

  let words, programme, typed, key;

  function el(tag, props, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((each) => each != null));
    return made;
  }

  const at = (id) => root.getElementById(id);

  function show(...children) {
    root.replaceChildren(el("section", { "aria-labelledby": "title" }, ...children));
  }

  function title(text) {
    return el("h2", { id: "title", tabindex: "-1" }, text);
  }

  function field(id, label, control, hint) {
    control.id = id;
    control.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
    return el("div", { class: "field" },
      el("label", { for: id }, label),
      el("p", { id: `${id}-hint`, class: "hint", "aria-live": "polite" }, hint || ""),
      el("p", { id: `${id}-error`, class: "error" }),
      control);
  }

  function mark(id, text) {
    at(`${id}-error`).textContent = text;
    at(id).setAttribute("aria-invalid", text ? "true" : "false");
  }

  function refuse(id, text) {
    mark(id, text);
    at(id).focus();
  }

  async function call(path, body) {
    try {
      const answer = await fetch(api + path, body && {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(body),
      });
      return [answer.ok, await answer.json()];
    } catch {
      return [false, { code: "offline" }];
    }
  }

  // Works where crypto.randomUUID does not: on pages without TLS.
  const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");

  function help() {
    const digits = at("phone").value.replace(/\D/g, "");
    const list = programme.dialling;
    let chosen = list.find((each) => each.country === at("country").value);
    if (at("phone").value.trim().startsWith("+")) {
      const found = list.filter((each) => digits.startsWith(each.code)).sort((a, b) => b.code.length - a.code.length)[0];
      if (found && !digits.startsWith(chosen?.code)) at("country").value = (chosen = found).country;
    }
    if (!chosen) return;
    const inside = at("phone").value.trim().startsWith("+") ? digits.slice(chosen.code.length) : digits;
    const local = chosen.trunk && inside.startsWith(chosen.trunk) ? inside.slice(chosen.trunk.length) : inside;
    const least = Math.min(...chosen.lengths), most = Math.max(...chosen.lengths);
    at("phone-hint").textContent = !local ? t("phone_hint", { example: chosen.example })
      : local.length < least ? t("digits_missing", { n: least - local.length })
      : local.length > most ? t("phone_long") : t("phone_complete");
  }

  function form() {
    const named = new Intl.DisplayNames([words.lang], { type: "region" });
    const own = programme.dialling.map((each) => each.country);
    const guess = (navigator.language.split("-")[1] || "").toUpperCase();
    const country = typed?.country || (own.includes(guess) ? guess : own[0]);
    const options = programme.dialling
      .map((each) => [named.of(each.country), each])
      .sort((a, b) => a[0].localeCompare(b[0], words.lang))
      .map(([name, each]) => el("option", { value: each.country, selected: each.country === country }, `${name} +${each.code}`));
    const outside = (href, text) => el("a", { href, target: "_blank", rel: "noopener" }, text);
    show(
      title(t("signup_title", { brand: programme.brand })),
      el("p", {}, programme.description),
      el("form", { novalidate: true, onsubmit: ask },
        el("p", { id: "notice", class: "error", role: "alert", tabindex: "-1" }),
        field("country", t("country"), el("select", { onchange: help }, ...options)),
        field("phone", t("phone"), el("input", { type: "tel", autocomplete: "tel", inputmode: "tel", value: typed?.phone, oninput: help })),
        el("div", { class: "away", "aria-hidden": "true" }, el("input", { id: "website", tabindex: "-1", autocomplete: "off" })),
        el("p", { id: "consent-error", class: "error" }),
        el("div", { class: "pick" },
          el("input", { id: "consent", type: "checkbox", "aria-describedby": "consent-error" }),
          el("label", { for: "consent", lang: programme.disclosure.locale }, programme.disclosure.text)),
        el("p", {}, outside(programme.terms_url, t("terms")), " · ", outside(programme.privacy_url, t("privacy"))),
        el("button", {}, t("signup_button"))));
    key = newKey();
    help();
  }

  async function ask(event) {
    event.preventDefault();
    typed = { phone: at("phone").value, country: at("country").value };
    mark("phone", "");
    mark("consent", "");
    at("notice").textContent = "";
    if (!typed.phone.trim()) return refuse("phone", t("phone_empty"));
    if (!at("consent").checked) return refuse("consent", t("consent_needed"));
    const button = root.querySelector("button");
    button.disabled = true;
    const [isTaken, problem] = await call("/v1/opt-ins", {
      programme_id: programme.programme_id,
      ...typed,
      consent: true,
      disclosure_version: programme.disclosure.version,
      locale: programme.disclosure.locale,
      page_url: location.href.split("#")[0].slice(0, 2048),
      form_token: programme.form_token,
      website: at("website").value,
    });
    if (isTaken) return sent();
    button.disabled = false;
    if (problem.code !== "offline") key = newKey();
    const named = problem.fields?.[0] || {};
    if (named.field === "phone") return refuse("phone", t(PHONE[named.problem] || "phone_wrong"));
    if (named.field === "form_token" || named.field === "disclosure_version") {
      [, programme] = await load();
      form();
      return say("signup_again");
    }
    say({ offline: "offline", too_many_requests: "busy_line", try_again: "busy_line" }[problem.code] || "failed_title");
  }

  function say(text) {
    at("notice").textContent = t(text);
    at("notice").focus();
  }

  function sent() {
    show(
      title(t("sent_title")),
      el("p", {}, t("sent_line", { phone: typed.phone })),
      el("form", { novalidate: true, onsubmit: confirm },
        field("code", t("code"), el("input", { inputmode: "numeric", autocomplete: "one-time-code", maxlength: "12" }), t("code_hint")),
        el("button", {}, t("code_button")),
        el("button", { type: "button", class: "plain", onclick: again }, t("other_number"))),
      el("p", { class: "hint" }, t("no_text")));
    at("title").focus();
  }

  async function confirm(event) {
    event.preventDefault();
    key = newKey();
    const body = { programme_id: programme.programme_id, ...typed, code: at("code").value };
    const [isDone, problem] = await call("/v1/opt-ins/confirm", body);
    if (!isDone) return refuse("code", t(problem.code === "offline" ? "offline" : "code_wrong"));
    show(title(t("confirmed_title")), el("p", {}, t("confirmed_stop")));
    at("title").focus();
  }

  async function again() {
    [, programme] = await load();
    form();
    at("phone").focus();
  }

  const load = () => call(`/v1/programmes/${encodeURIComponent(data.programme)}?locale=${encodeURIComponent(asked)}`);

  async function begin() {
    const place = data.into && document.querySelector(data.into);
    if (place) place.append(host);
    else if (document.body.contains(script)) script.after(host);
    else document.body.append(host);
    const [[hasWords, said], [isThere, answer]] = await Promise.all([call(`/embed/${asked.split("-")[0].toLowerCase()}`), load()]);
    if (!hasWords) return console.warn("assent: the form cannot be reached");
    words = said;
    programme = answer;
    host.lang = words.lang;
    if (isThere) form();
    else root.append(el("p", {}, t("not_here")));
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
