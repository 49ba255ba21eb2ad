// The preview of an accent while it is typed: the server makes the colours readable, as for every page.

const PAUSE_MS = 200;
let timer;

document.addEventListener("input", ({ target }) => {
  const sheet = target.dataset.accent && document.querySelector(target.dataset.accent);
  if (!sheet) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(target.value.trim())) return;
    const address = new URL(sheet.href);
    address.searchParams.set("accent", target.value.trim());
    sheet.href = address;
  }, PAUSE_MS);
});
