// Starts the page. Alone in its file: where a part of the page cannot be loaded, it can still say so.
import("./main.js").catch((error) => {
  console.error(error);
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Load again";
  again.addEventListener("click", () => location.reload());
  const told = document.createElement("p");
  told.textContent = "A part of this page could not be loaded. See whether regen serve is still running.";
  document.getElementById("main").replaceChildren(told, again);
});
