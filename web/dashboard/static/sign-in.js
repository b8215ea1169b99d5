// Sends the function key once, in a header. Redeems the ticket of a link and removes it from the address at once.
const form = document.getElementById("sign-in");
const error = document.getElementById("error");
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
  error.textContent = "";
  const answer = await post("/session", { "x-functions-key": key.value.trim() });
  if (answer.ok) return;
  error.textContent = answer.status === 401 ? "This key is not valid." : "Cannot reach Landfall. Try again.";
  key.select();
});

// The browser sends no session cookie with a link from another site, but it does with this request.
const signedIn = await fetch(goal, { redirect: "manual" });
if (ticket) history.replaceState(null, "", location.pathname + location.search);
if (signedIn.ok) location.replace(goal);
else if (ticket) {
  const answer = await post("/tickets/use", { "X-Landfall-Ticket": ticket });
  if (!answer.ok) error.textContent = "This link was used before. Sign in with the function key.";
}
