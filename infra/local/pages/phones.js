// Virtual phones: polls what was texted either way, shows one phone at a time, sends its answers,
// and tells the network how to behave.
"use strict";

const byId = (id) => document.getElementById(id);
const phones = new Map(); // number -> {texts: [], unread: 0, heard: Set of ids}
const last = { messages: null, replies: null };
let current = new URLSearchParams(location.search).get("phone");

const KINDS = [
  ["throttle", "Throttled", "not sent"],
  ["refuse", "Refused for good", "not sent"],
  ["error_5xx", "Server error", "not sent"],
  ["connect_timeout", "Never reached", "not sent"],
  ["accept_then_hang", "No answer", "sent"],
  ["reset", "Connection breaks", "sent"],
  ["error_5xx_accepted", "Server error", "sent all the same"],
  ["duplicate", "Delivered twice", "sent"],
];

const phone = (number) => {
  if (!phones.has(number)) phones.set(number, { texts: [], unread: 0, heard: new Set() });
  return phones.get(number);
};

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Links of a text become links; everything else stays text.
function words(body) {
  return body.split(/(https?:\/\/[^\s]+)/).map((part, index) =>
    index % 2 ? element("a", { href: part, textContent: part, rel: "noopener", target: "_blank" }) : part);
}

function facts(text) {
  const at = new Date(text.sent_at).toLocaleTimeString();
  const line = element("div", { className: "facts" });
  if (text.mine) line.append(`to ${text.to} · ${at}`);
  else {
    const parts = `${text.parts} part${text.parts === 1 ? "" : "s"}`;
    line.append(`from ${text.from} · ${at} · `, element("span", { className: text.parts > 1 ? "many" : "", textContent: parts }));
  }
  return line;
}

function bubble(text, fresh) {
  const said = element("div", { className: fresh ? "bubble new" : "bubble", dir: "auto" }, ...words(text.body));
  if (text.mine) said.prepend(element("span", { className: "skip", textContent: "You: " }));
  return element("li", { className: text.mine ? "me" : "" }, said, facts(text));
}

function showNumbers() {
  const items = [...phones].reverse().map(([number, { texts, unread }]) => {
    const button = element("button", { type: "button" }, number);
    if (number === current) button.setAttribute("aria-current", "true");
    if (unread) button.prepend(element("span", { className: "count" }, String(unread), element("span", { className: "skip", textContent: " unread" })));
    button.append(element("span", { className: "last", dir: "auto", textContent: texts.at(-1)?.body ?? "no texts" }));
    button.addEventListener("click", () => open(number));
    return element("li", {}, button);
  });
  byId("numbers").replaceChildren(...items);
  byId("nobody").hidden = phones.size > 0;
}

function showTexts(texts, fresh) {
  const empty = element("li", { className: "empty", textContent: "No texts yet." });
  byId("texts").replaceChildren(...(texts.length ? texts.map((text) => bubble(text, fresh.has(text))) : [empty]));
  byId("texts").scrollTop = byId("texts").scrollHeight;
  const sender = texts.findLast((text) => !text.mine)?.from;
  byId("sender").textContent = sender ? `Texts with ${sender}` : "";
}

function open(number) {
  current = number;
  phone(number).unread = 0;
  byId("who").textContent = number;
  showTexts(phone(number).texts, new Set());
  history.replaceState(null, "", `?phone=${encodeURIComponent(number)}`);
  showNumbers();
}

// Both directions come by their own list, so each text is put where its time says.
function add(news) {
  const fresh = new Set();
  for (const [number, text] of news) {
    const own = phone(number);
    if (own.heard.has(text.key)) continue;
    own.heard.add(text.key);
    own.texts.push(text);
    own.texts.sort((one, other) => one.sent_at.localeCompare(other.sent_at));
    fresh.add(text);
    if (number !== current && !text.mine) own.unread += 1;
  }
  if (!fresh.size) return;
  if (!current) current = news.at(-1)[0];
  if ([...fresh].some((text) => phone(current).texts.includes(text))) {
    phone(current).unread = 0;
    byId("who").textContent = current;
    showTexts(phone(current).texts, fresh);
  }
  showNumbers();
}

async function news(list) {
  const query = last[list] ? `?since=${encodeURIComponent(last[list])}` : "";
  const response = await fetch(`/_local/${list}${query}`);
  // The server was started again: its list begins anew.
  if (response.status === 400) last[list] = null;
  if (!response.ok) return [];
  const texts = await response.json();
  if (texts.length) last[list] = texts.at(-1).id;
  return texts;
}

async function poll() {
  try {
    const [texts, replies] = await Promise.all([news("messages"), news("replies")]);
    add([
      // A text that is delivered twice has one id and is shown twice, as on a phone.
      ...texts.map((text) => [text.to, { ...text, key: `${text.id} ${text.sent_at}` }]),
      ...replies.map((text) => [text.from, { ...text, mine: true, key: text.id }]),
    ]);
  } catch {
    // The stack is not running at the moment; the next look may find it.
  }
  byId("clock").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  setTimeout(poll, document.hidden ? 3000 : 600);
}

function complain(id, message) {
  byId(id).textContent = message;
  byId(id).hidden = !message;
}

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { ok: response.ok, answer: await response.json() };
  } catch {
    return { ok: false, answer: { detail: "The local stack cannot be reached." } };
  }
}

async function send(body) {
  if (!current) return complain("send-error", "Pick up a phone first.");
  const { ok, answer } = await post("/_local/messages", { from: current, body });
  complain("send-error", ok ? "" : answer.detail);
  if (ok) add([[current, { ...answer, mine: true, key: answer.id }]]);
}

// The network

function showNetwork({ faults, outcomes }) {
  const on = KINDS.filter(([kind]) => faults[kind] > 0);
  for (const [kind] of KINDS) byId(kind).value = Math.round(faults[kind] * 1000) / 10;
  byId("latency_ms").value = faults.latency_ms;
  const isFaulty = on.length > 0 || faults.latency_ms > 0;
  document.querySelector(".network").classList.toggle("faulty", isFaulty);
  byId("signal").classList.toggle("poor", isFaulty);
  byId("network-state").textContent = isFaulty ? "Misbehaves as set below." : "Behaves: every text arrives once.";
  const labels = Object.fromEntries(KINDS.map(([kind, label, sent]) => [kind, `${label}, ${sent}`]));
  const rows = Object.entries(outcomes).map(([kind, count]) =>
    element("div", {}, element("dt", { textContent: labels[kind] ?? "Delivered" }), element("dd", { textContent: count })));
  byId("outcomes").replaceChildren(...(rows.length ? rows : [element("div", {}, element("dt", { textContent: "No text yet" }), element("dd"))]));
}

async function watchNetwork() {
  try {
    const response = await fetch("/_local/faults");
    // What somebody is typing is not overwritten.
    if (response.ok && !byId("faults").contains(document.activeElement)) showNetwork(await response.json());
  } catch {
    // As above.
  }
  setTimeout(watchNetwork, document.hidden ? 6000 : 2000);
}

async function misbehave(faults) {
  const { ok, answer } = await post("/_local/faults", faults);
  complain("faults-error", ok ? "" : answer.detail);
  if (ok) showNetwork(answer);
}

byId("kinds").append(...KINDS.map(([kind, label, sent]) =>
  element("div", { className: "fault" },
    element("label", { htmlFor: kind }, label, element("small", { textContent: sent })),
    element("span", {}, element("input", { id: kind, name: kind, type: "number", min: 0, max: 100, step: "any", value: 0, inputMode: "decimal" }), " %"))));
byId("faults").addEventListener("submit", (event) => {
  event.preventDefault();
  const shares = KINDS.map(([kind]) => [kind, Number(byId(kind).value) / 100]);
  misbehave({ ...Object.fromEntries(shares), latency_ms: Number(byId("latency_ms").value) });
});
byId("behave").addEventListener("click", () => misbehave({}));

// The phone in hand

byId("open").addEventListener("submit", (event) => {
  event.preventDefault();
  const number = byId("number").value.replace(/[\s()-]/g, "");
  const fine = /^\+\d{5,15}$/.test(number);
  complain("number-error", fine ? "" : "Write + and the whole number, such as +14155550100.");
  byId("number").setAttribute("aria-invalid", String(!fine));
  if (fine) open(number);
});
byId("send").addEventListener("submit", (event) => {
  event.preventDefault();
  const body = byId("words").value;
  if (!body) return;
  byId("words").value = "";
  send(body);
});
for (const button of byId("quick").children) {
  button.addEventListener("click", () => send(button.textContent));
}
if (current) open(current);
poll();
watchNetwork();
