// What makes the console livelier; without it every page still works.
// data-live: fetch a piece of the page every two seconds while the page is seen.
// data-load: fetch a piece once, after the page is there.
// data-preview: post the form while one types, and show the answer in the element that data-into names.
"use strict";

const LIVE_MILLISECONDS = 2000;
const TYPING_MILLISECONDS = 400;

async function fetched(path, options) {
  const answer = await fetch(path, { credentials: "same-origin", redirect: "manual", ...options });
  return answer.ok ? answer.text() : null;
}

// The pieces are our own pages' HTML, escaped where they are made, and no script in them runs.
function put(place, html) {
  if (html !== null && place.innerHTML !== html) place.innerHTML = html;
}

function live(place) {
  const timer = setInterval(async () => {
    if (document.hidden) return;
    const html = await fetched(place.dataset.live).catch(() => null);
    put(place, html);
    if (html !== null && /class="tag (completed|cancelled|paused|done|failed|checked)"/.test(html)) {
      clearInterval(timer);
      location.replace(location.pathname);
    }
  }, LIVE_MILLISECONDS);
}

function preview(field) {
  const place = document.getElementById(field.dataset.into);
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const sent = new URLSearchParams(new FormData(field.form));
      put(place, await fetched(field.dataset.preview, { method: "POST", body: sent }).catch(() => null));
    }, TYPING_MILLISECONDS);
  });
}

for (const place of document.querySelectorAll("[data-live]")) live(place);
for (const place of document.querySelectorAll("[data-load]"))
  fetched(place.dataset.load).then((html) => put(place, html), () => {});
for (const field of document.querySelectorAll("[data-preview]")) preview(field);
document.querySelector(".errors")?.focus();
