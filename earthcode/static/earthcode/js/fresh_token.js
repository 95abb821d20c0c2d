// Sends a form with the token that its page has now: signing in in another tab has changed it. Without this script the
// form comes back once more and is sent by a second press.
for (const form of document.querySelectorAll("form[data-fresh-token]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch(form.action);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.querySelector('[name="csrfmiddlewaretoken"]');
      if (token) form.querySelector('[name="csrfmiddlewaretoken"]').value = token.value;
    } finally {
      // An input may be called "submit".
      HTMLFormElement.prototype.submit.call(form);
    }
  });
}
