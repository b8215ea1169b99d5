// Refreshes the page while it is visible, and shows the results of actions.
let timer;
const live = () => document.getElementById("live");
const refresh = () => { if (live() && !document.hidden) htmx.trigger(live(), "refresh"); };

function refreshLater() {
  clearTimeout(timer);
  if (live() && !document.hidden) timer = setTimeout(refresh, 1000 * live().dataset.seconds);
}

document.addEventListener("visibilitychange", refresh);
document.addEventListener("htmx:finally:request", (event) => {
  const { request, response, sourceElement } = event.detail.ctx;
  document.getElementById("away").hidden = Boolean(response) && response.status < 500;
  if (request.method === "POST" && response?.status < 400) {
    sourceElement.closest("form")?.reset();
    sourceElement.closest("details")?.removeAttribute("open");
    refresh();
  }
  refreshLater();
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("[hx-post]")) document.getElementById("toast").replaceChildren();
});
document.addEventListener("change", (event) => {
  if (event.target.form?.matches(".filters")) event.target.form.requestSubmit();
});
refreshLater();
