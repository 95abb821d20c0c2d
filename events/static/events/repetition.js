// Hides the inputs that do not belong to the way an event repeats. Without it all are shown, and the rest are ignored.
{
  const units = { DAILY: "days", WEEKLY: "weeks", MONTHLY: "months", YEARLY: "years" };

  const show = (repetition) => {
    const input = (name) => repetition.querySelector(`[name$="-${name}"]`);
    const [repeats, position, ends] = ["repeats", "position", "ends"].map((name) => input(name).value);
    for (const part of repetition.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(repeats);
    }
    for (const part of repetition.querySelectorAll("[data-for-end]")) {
      part.hidden = part.dataset.forEnd !== ends;
    }
    input("weekday").hidden = !position;
    repetition.querySelector("[data-units]").textContent = units[repeats] ?? "";
  };

  document.addEventListener("change", ({ target }) => {
    const repetition = target.closest("[data-repetition]");
    if (repetition) show(repetition);
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-repetition]").forEach(show);
  });
}
