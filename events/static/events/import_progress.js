/* Keeps the page of an import up to date as long as the import goes on. Without it, there is “Reload”. */
(() => {
  const place = document.querySelector("[data-import-progress]");
  const said = document.querySelector("[data-import-said]");
  const EVERY = 1000;
  const AFTER_AN_ERROR = 5000;

  const part = () => place.querySelector("[data-stage]");

  async function look() {
    const stage = part().dataset.stage;
    let wait = EVERY;
    try {
      // So marked, whoever is signed out meanwhile is told so and not sent to the form for signing in.
      const answer = await fetch(place.dataset.importProgress, { headers: { "X-Requested-With": "XMLHttpRequest" } });
      if (!answer.ok) throw new Error(answer.status);
      show(await answer.text(), stage);
    } catch {
      wait = AFTER_AN_ERROR;
    }
    if ("goesOn" in part().dataset) setTimeout(look, wait);
  }

  function show(html, stage) {
    const had = document.activeElement?.closest("[data-import-progress] a")?.getAttribute("href");
    place.innerHTML = html;
    if (had) place.querySelector(`a[href="${CSS.escape(had)}"]`)?.focus();
    // Told to those who listen once for each stage, and not for each event.
    if (part().dataset.stage !== stage) said.textContent = part().querySelector("[data-sentence]").textContent;
  }

  if (place && "goesOn" in part().dataset) setTimeout(look, EVERY);
})();
