// SPDX-License-Identifier: BSD-3-Clause
/*
 * Light or dark: as the page of the site that shows this one in a frame, whose root has
 * data-theme; by itself, or where pages are files that may not look at each other, as the
 * reader's system prefers. style.css takes data-theme of this page's root.
 */
"use strict";

(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const outer = frameElement?.ownerDocument.documentElement; // null for another origin

  function follow() {
    const site = outer?.dataset.theme;
    const scheme = system.matches ? "dark" : "light";
    root.dataset.theme = ["light", "dark"].includes(site) ? site : scheme;
    dispatchEvent(new Event("theme"));
  }

  follow();
  system.addEventListener("change", follow);
  if (outer) {
    const options = { attributes: true, attributeFilter: ["data-theme"] };
    new MutationObserver(follow).observe(outer, options);
  }
})();
