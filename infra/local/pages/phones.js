// Virtual phones: polls what was texted, shows one phone at a time, sends its answers.
"use strict";

const byId = (id) => document.getElementById(id);
const phones = new Map(); // number -> {texts: [], unread: 0}
let current = new URLSearchParams(location.search).get("phone");
let last = null;

const phone = (number) => {
  if (!phones.has(number)) phones.set(number, { texts: [], unread: 0 });
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

function bubble(text, fresh) {
  const parts = text.mine ? "" : ` · ${text.parts} part${text.parts === 1 ? "" : "s"}`;
  const at = new Date(text.sent_at).toLocaleTimeString();
  const who = text.mine ? `to ${text.to}` : `from ${text.from}`;
  const item = element("li", { className: text.mine ? "me" : "" },
    element("div", { className: fresh ? "bubble new" : "bubble" }, ...words(text.body)),
    element("div", { className: "facts", textContent: `${who} · ${at}${parts}` }));
  if (text.mine) item.lastChild.prepend(element("span", { className: "skip", textContent: "You, " }));
  return item;
}

function showNumbers() {
  const items = [...phones].map(([number, { texts, unread }]) => {
    const button = element("button", { type: "button" }, number);
    if (number === current) button.setAttribute("aria-current", "true");
    if (unread) button.prepend(element("span", { className: "count", textContent: unread, title: "unread" }));
    button.append(element("span", { className: "last", textContent: texts.at(-1)?.body ?? "no texts" }));
    button.addEventListener("click", () => open(number));
    return element("li", {}, button);
  });
  byId("numbers").replaceChildren(...items);
  byId("nobody").hidden = phones.size > 0;
}

function open(number) {
  current = number;
  const { texts } = phone(number);
  phone(number).unread = 0;
  byId("who").textContent = number;
  byId("texts").replaceChildren(...texts.map((text) => bubble(text, false)));
  byId("texts").scrollTop = byId("texts").scrollHeight;
  history.replaceState(null, "", `?phone=${encodeURIComponent(number)}`);
  showNumbers();
}

function add(number, text) {
  const own = phone(number);
  own.texts.push(text);
  if (number === current) {
    byId("texts").append(bubble(text, true));
    byId("texts").scrollTop = byId("texts").scrollHeight;
  } else {
    own.unread += 1;
  }
}

async function poll() {
  try {
    const query = last ? `?since=${encodeURIComponent(last)}` : "";
    const response = await fetch(`/_local/messages${query}`);
    // The server was started again: its list begins anew.
    if (response.status === 400) last = null;
    if (response.ok) {
      const texts = await response.json();
      for (const text of texts) add(text.to, text);
      if (texts.length) {
        last = texts.at(-1).id;
        if (!current) open(texts.at(-1).to);
        showNumbers();
      }
    }
  } catch {
    // The stack is not running at the moment; the next look may find it.
  }
  setTimeout(poll, document.hidden ? 3000 : 600);
}

function complain(id, message) {
  byId(id).textContent = message;
  byId(id).hidden = !message;
}

async function send(body) {
  if (!current) return complain("send-error", "Pick up a phone first.");
  const response = await fetch("/_local/messages", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ from: current, body }),
  });
  const answer = await response.json();
  if (!response.ok) return complain("send-error", answer.detail);
  complain("send-error", "");
  add(current, { ...answer, mine: true });
  showNumbers();
}

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
