// Sends the function key in a header, once; a ticket that a link brought is used up and leaves the address at once.
const form = document.getElementById("sign-in");
const said = document.getElementById("said");
const key = document.getElementById("key");
const { base, goal } = form.dataset;
const ticket = location.hash.slice(1);

async function post(path, headers) {
  const answer = await fetch(base + path, { method: "POST", headers });
  if (answer.ok) location.replace(goal);
  return answer;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  said.textContent = "";
  const answer = await post("/session", { "x-functions-key": key.value.trim() });
  if (answer.ok) return;
  said.textContent = answer.status === 401 ? "The app does not know this key." : "Landfall does not answer; try again.";
  key.select();
});

// A link from another site comes without the session's cookie; asked from here, the page has it.
const signedIn = await fetch(goal, { redirect: "manual" });
if (ticket) history.replaceState(null, "", location.pathname + location.search);
if (signedIn.ok) location.replace(goal);
else if (ticket) {
  const answer = await post("/tickets/use", { "X-Landfall-Ticket": ticket });
  if (!answer.ok) said.textContent = "This link was used before; the function key opens the dashboard.";
}
