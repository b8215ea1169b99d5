// Looks for news while somebody can see the page, and tells what became of an action.
let timer;
const live = () => document.getElementById("live");
const look = () => { if (live() && !document.hidden) htmx.trigger(live(), "look"); };

function lookLater() {
  clearTimeout(timer);
  if (live() && !document.hidden) timer = setTimeout(look, 1000 * live().dataset.seconds);
}

document.addEventListener("visibilitychange", look);
document.addEventListener("htmx:finally:request", (event) => {
  const { request, response, sourceElement } = event.detail.ctx;
  document.getElementById("away").hidden = Boolean(response) && response.status < 500;
  if (request.method === "POST" && response?.status < 400) {
    sourceElement.closest("form")?.reset();
    sourceElement.closest("details")?.removeAttribute("open");
    look();
  }
  lookLater();
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("[hx-post]")) document.getElementById("said").replaceChildren();
});
document.addEventListener("change", (event) => {
  if (event.target.form?.matches(".filters")) event.target.form.requestSubmit();
});
lookLater();
