// SPDX-License-Identifier: BSD-3-Clause
/*
 * The page: one state, which the address holds too, and what is shown of it.
 */
"use strict";

(() => {
  const WRITE_AFTER = 400; // ms: browsers allow some 100 changes of the address in 30 s

  const find = (id) => document.getElementById(id);
  const views = DropMasks.PANELS.map((panel) => new DropMasks.View(panel));
  const controls = new Map();
  let state = {};
  let models = [];
  let modelled = ""; // the state without p that models are of
  let timer = 0;

  // --- the state and the address ----------------------------------------------------

  function writeAddress() {
    clearTimeout(timer);
    history.replaceState(null, "", DropMasks.write(state));
  }

  function readAddress() {
    clearTimeout(timer);
    const { state: read, errors } = DropMasks.read(location.hash);
    state = read;
    show();
    find("error").textContent = errors.join("; ");
  }

  function change(changes) {
    Object.assign(state, changes);
    clearTimeout(timer);
    timer = setTimeout(writeAddress, WRITE_AFTER);
    show();
  }

  /** Take what a reader wrote for a field, or say what is wrong with it. */
  function take(input, name, changes) {
    try {
      change(changes(DropMasks.FIELDS[name].parse(input.value, name)));
    } catch (error) {
      input.setAttribute("aria-invalid", "true");
      find("error").textContent = error.message;
    }
  }

  // --- showing it -------------------------------------------------------------------

  function show() {
    for (const id of ["p-text", "key"]) find(id).removeAttribute("aria-invalid");
    find("error").textContent = "";
    find("p").value = find("p-text").value = state.p;
    find("key").value = state.key;
    const changed = state.was !== state.p;
    find("was").textContent = changed ? `, ${state.was} to ${state.p}` : "";
    controls.forEach((control, name) => control.show(state[name]));
    const wanted = DropMasks.write({ ...state, p: 0, was: 0 });
    if (wanted !== modelled) models = DropMasks.models(state);
    modelled = wanted;
    views.forEach((view, i) => view.show(models[i], state.p, state.was));
  }

  function redraw() {
    views.forEach((view) => view.measure());
    views.forEach((view) => view.draw());
  }

  // --- what the reader does ---------------------------------------------------------

  function addControls(names, parent) {
    for (const name of names) {
      const control = DropMasks.control(name, (value) => change({ [name]: value }));
      controls.set(name, control);
      parent.append(control.element);
    }
  }

  /** One change of p lasts from where the slider is taken to where it is let go. */
  function listenToRate() {
    let moving = false;
    find("p").addEventListener("input", () => {
      const was = moving ? state.was : state.p;
      moving = true;
      change({ p: Number(find("p").value), was });
    });
    find("p").addEventListener("change", () => (moving = false));
    find("p-text").addEventListener("change", () => {
      take(find("p-text"), "p", (p) => ({ p, was: state.p }));
    });
  }

  function listenToKey() {
    const step = (by) => change({ key: BigInt.asUintN(64, state.key + by) });
    find("key").addEventListener("change", () => {
      take(find("key"), "key", (key) => ({ key }));
    });
    find("key").addEventListener("keydown", (event) => {
      const by = { ArrowUp: 1n, ArrowDown: -1n }[event.key];
      if (!by) return;
      event.preventDefault();
      step(by);
    });
    find("key-up").addEventListener("click", () => step(1n));
    find("key-down").addEventListener("click", () => step(-1n));
    find("key-fresh").addEventListener("click", () => {
      change({ key: crypto.getRandomValues(new BigUint64Array(1))[0] });
    });
  }

  function listenToLink() {
    find("link").addEventListener("click", async () => {
      writeAddress();
      find("address").textContent = location.href;
      const done = await DropMasks.copy(location.href, find("address"));
      find("copied").textContent = `${done}: `;
    });
  }

  addControls(["samples", "channels", "size", "children"], find("settings"));
  views.forEach((view, i) => {
    addControls(DropMasks.PANELS[i].fields, view.fields);
    find("panels").append(view.section);
  });
  find("panels").append(find("reading").content);
  listenToRate();
  listenToKey();
  listenToLink();
  views.forEach((view) => view.measure());
  readAddress();
  addEventListener("hashchange", readAddress);
  new ResizeObserver(redraw).observe(find("panels"));
  addEventListener("theme", redraw);

  /** What the page shows, for the console and for tests. */
  DropMasks.shown = () => ({ state, views });
})();
