// Puts this server's own port into the examples.
for (const block of document.querySelectorAll("pre")) {
  block.textContent = block.textContent.replaceAll("PORT", location.port || "80");
}
