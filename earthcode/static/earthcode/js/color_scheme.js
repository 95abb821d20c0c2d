// Light or dark, where a visitor wants it otherwise than their system. It runs before anything is painted, so that
// nothing flashes; the stylesheet shows the switch only where this ran. Nothing is stored until somebody uses it.

(() => {
  const KEY = "color-scheme";
  const CHOICES = ["system", "light", "dark"];
  const root = document.documentElement;

  function chosen() {
    try {
      const choice = localStorage.getItem(KEY);
      return CHOICES.includes(choice) ? choice : "system";
    } catch {
      return root.dataset.scheme ?? "system"; // storage is forbidden: the choice lasts as long as the page
    }
  }

  function show(choice) {
    root.dataset.scheme = choice;
    document.querySelector('meta[name="color-scheme"]').content = choice === "system" ? "light dark" : choice;
  }

  function remember(choice) {
    try {
      if (choice === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // As above.
    }
  }

  show(chosen());
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-scheme-switch]")) return;
    const next = CHOICES[(CHOICES.indexOf(root.dataset.scheme) + 1) % CHOICES.length];
    show(next);
    remember(next);
  });
  // Another tab, or a page that comes back as it was left.
  addEventListener("storage", () => show(chosen()));
  addEventListener("pageshow", (event) => event.persisted && show(chosen()));
})();
