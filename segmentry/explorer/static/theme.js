// Runs before the first paint, so that the chosen theme does not flash.
(() => {
  const kept = localStorage.getItem("theme");
  const wanted = kept || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.theme = wanted;
})();
