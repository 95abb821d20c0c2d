// What axe-core does not look for; each function answers with a list of complaints, or of facts for the test to judge.
window.measure = (() => {
  const TARGETS = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex="0"]';

  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
  const name = (element) =>
    `${element.tagName.toLowerCase()}${element.className ? `.${[...element.classList].join(".")}` : ""} “${(element.textContent || element.name || "").trim().slice(0, 30)}”`;
  const isHiddenFromEyes = (element) => element.closest(".visually-hidden, .skip-link, .day__word") !== null;

  // Colours as [red, green, blue, opacity], whichever of CSS's ways the browser writes them in.
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  /** The colour behind `element`; of a hero, whose ground is a drawing, the one that it is drawn on. */
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
      if (each.matches("[class*='ground-']")) {
        const probe = each.appendChild(document.createElement("i"));
        probe.style.color = "var(--ground)";
        const found = rgba(getComputedStyle(probe).color);
        probe.remove();
        return found;
      }
    }
    return [255, 255, 255, 255];
  };

  /** The boxes of the lines of text that stand in `element` itself. */
  const linesOf = (element) =>
    [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
      .flatMap((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return [...range.getClientRects()];
      });

  /** Headings that skip a level. */
  function headings() {
    const all = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(isShown);
    const levels = all.map((heading) => Number(heading.tagName[1]));
    const skipped = all.filter((_, i) => levels[i] > (i ? levels[i - 1] : 0) + 1);
    return skipped.map((heading) => `skips a level: ${name(heading)}`);
  }

  /** Targets smaller than 24 px either way; links within a sentence may be (WCAG 2.5.8). */
  function smallTargets() {
    const isInSentence = (element) => {
      if (element.tagName !== "A" || getComputedStyle(element).display !== "inline") return false;
      const block = element.parentElement.closest("p, li, dd, figcaption, blockquote, td, caption, span");
      return block !== null && block.textContent.trim().length > element.textContent.trim().length + 1;
    };
    return [...document.querySelectorAll(TARGETS)]
      .filter((element) => isShown(element) && !isHiddenFromEyes(element) && !isInSentence(element))
      .map((element) => {
        const label = element.closest("label");
        const boxes = [element, ...(label ? [label] : [])].map((each) => each.getBoundingClientRect());
        return [element, Math.max(...boxes.map((box) => box.width)), Math.max(...boxes.map((box) => box.height))];
      })
      .filter(([, width, height]) => width > 0 && (width < 23.99 || height < 23.99))
      .map(([element, width, height]) => `${width.toFixed(1)} × ${height.toFixed(1)}: ${name(element)}`);
  }

  /** Whether something is wider than the window. */
  function sticksOut() {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? [`${scrollWidth} px wide in a window of ${clientWidth} px`] : [];
  }

  /** What moves although the visitor asked for no motion. */
  function motion() {
    const seconds = (text) => Math.max(...text.split(",").map((part) => parseFloat(part)));
    const moving = [...document.querySelectorAll("*")].filter((element) =>
      [null, "::before", "::after"].some((pseudo) => {
        const style = getComputedStyle(element, pseudo);
        return (
          seconds(style.transitionDuration) > 0.01 ||
          (style.animationName !== "none" && seconds(style.animationDuration) !== 0.00001) ||
          style.scrollBehavior === "smooth"
        );
      }),
    );
    return moving.map((element) => `moves: ${name(element)}`);
  }

  /** Text that is cut off once somebody spaces it as WCAG 1.4.12 says. */
  function cutWhenSpaced() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
       p { margin-block-end: 2em !important; }`,
    );
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const hides = (overflow) => overflow === "hidden" || overflow === "clip";
    const scrolls = (element) => getComputedStyle(element).overflowX === "auto";
    const isScrolledTo = (inner, outer) => {
      for (let each = inner; each !== outer; each = each.parentElement) if (scrolls(each)) return true;
      return false;
    };
    const cut = [...document.querySelectorAll("body *")].filter((element) => {
      if (!isShown(element) || isHiddenFromEyes(element) || !element.textContent.trim()) return false;
      const { overflowX, overflowY } = getComputedStyle(element);
      if (!hides(overflowX) && !hides(overflowY)) return false;
      const outer = element.getBoundingClientRect();
      return [...element.querySelectorAll("*"), element]
        .filter((inner) => isShown(inner) && !isHiddenFromEyes(inner) && !inner.closest("[aria-hidden='true']"))
        .filter((inner) => !isScrolledTo(inner, element))
        .flatMap(linesOf)
        .some(
          (line) =>
            (hides(overflowX) && (line.left < outer.left - 1 || line.right > outer.right + 1)) ||
            (hides(overflowY) && (line.top < outer.top - 1 || line.bottom > outer.bottom + 1)),
        );
    });
    const found = [...cut.map((element) => `cut: ${name(element)}`), ...sticksOut()];
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    return found;
  }

  /** Everything that takes the focus and does not show it by a ring of 2 px in 3:1 with what is around it. */
  function faintFocus() {
    const before = document.activeElement;
    const faint = [];
    for (const element of document.querySelectorAll(TARGETS)) {
      if (!isShown(element) || element.disabled) continue;
      element.focus({ focusVisible: true, preventScroll: true });
      if (document.activeElement !== element) continue;
      const style = getComputedStyle(element);
      const inside = parseFloat(style.outlineOffset) < 0;
      const around = ground(inside ? element : element.parentElement);
      const ratio = style.outlineStyle === "none" ? 0 : contrast(rgba(style.outlineColor), around);
      if (ratio < 3 || parseFloat(style.outlineWidth) < 2) {
        faint.push(`${ratio.toFixed(1)}:1, ${style.outlineWidth} ${style.outlineStyle}: ${name(element)}`);
      }
    }
    before?.focus?.({ preventScroll: true });
    return faint;
  }

  /** Where each line of text in the elements of `selectors` is on the page, how large and in which colour; without what
      is decoration, such as the initials in place of a logo, beside which the name stands. */
  function texts(selectors) {
    const all = selectors.flatMap((selector) => [...document.querySelectorAll(selector)]);
    const elements = all.filter((element) => !element.closest("[aria-hidden='true']"));
    return elements.flatMap((element) => {
      const style = getComputedStyle(element);
      const pixels = parseFloat(style.fontSize);
      const isLarge = pixels >= 24 || (pixels >= 18.66 && Number(style.fontWeight) >= 700);
      const lines = linesOf(element);
      return lines.map((box) => ({
        what: name(element),
        colour: rgba(style.color).slice(0, 3),
        wanted: isLarge ? 3 : 4.5,
        box: [box.left, box.top + scrollY, box.right, box.bottom + scrollY].map(Math.round),
      }));
    });
  }

  /** Hide all text but keep what is behind it. */
  function hideText() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* {
      color: transparent !important; text-decoration: none !important; caret-color: transparent; transition: none !important;
    }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }

  return { headings, smallTargets, sticksOut, motion, cutWhenSpaced, faintFocus, texts, hideText };
})();
