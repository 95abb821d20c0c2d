// What the rule `link-text` of content_checks.py does. Wagtail hands rules over as JSON, which has no functions.
"use strict";

axe.configure({
  checks: [
    {
      id: "check-link-text",
      evaluate: (link, { vague }) => {
        const name = link.getAttribute("aria-label") || link.textContent;
        const words = name.toLowerCase().replace(/[^\p{L}\p{N}\s]/gu, "").trim().replace(/\s+/g, " ");
        return !vague.includes(words);
      },
    },
  ],
});
