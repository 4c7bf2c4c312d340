// SPDX-License-Identifier: BSD-3-Clause
/*
 * A labelled control for a field of the state. `control(name, change)` gives
 * { element, show }: change(value) is called with what the reader sets, show(value)
 * displays a value that came from elsewhere.
 */
"use strict";

(() => {
  /** An element with attributes and children. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function slider(id, { label, least, most }, change) {
    const input = make("input", { id, type: "range", min: least, max: most });
    const output = make("output", { for: id });
    const show = (value) => {
      input.value = value;
      output.textContent = value;
    };
    input.addEventListener("input", () => change(Number(input.value)));
    const element = make("div", { class: "field" });
    element.append(make("label", { for: id }, label), input, output);
    return { element, show };
  }

  function checkbox(id, { label }, change) {
    const input = make("input", { id, type: "checkbox" });
    const show = (value) => (input.checked = value);
    input.addEventListener("change", () => change(input.checked));
    const element = make("div", { class: "field" });
    element.append(make("label", { for: id }, input, label));
    return { element, show };
  }

  function select(id, { label, options }, change) {
    const choices = options.map((option) => make("option", {}, option));
    const input = make("select", { id }, ...choices);
    const show = (value) => (input.value = value);
    input.addEventListener("change", () => change(input.value));
    const element = make("div", { class: "field" });
    element.append(make("label", { for: id }, label), input);
    return { element, show };
  }

  function checkboxes(id, { label, names }, change) {
    const element = make("fieldset", { class: "field" }, make("legend", {}, label));
    const boxes = names.map((name, axis) => {
      const input = make("input", { id: `${id}-${axis}`, type: "checkbox" });
      element.append(make("label", { for: input.id }, input, `${axis} ${name}`));
      return input;
    });
    const show = (axes) => {
      boxes.forEach((box, axis) => (box.checked = axes.includes(axis)));
    };
    const checked = () => [...boxes.keys()].filter((axis) => boxes[axis].checked);
    element.addEventListener("change", () => change(checked()));
    return { element, show };
  }

  DropMasks.make = make;

  DropMasks.control = (name, change) => {
    const field = DropMasks.FIELDS[name];
    if ("least" in field) return slider(name, field, change);
    if (field.options) return select(name, field, change);
    if (field.names) return checkboxes(name, field, change);
    return checkbox(name, field, change);
  };
})();
