// SPDX-License-Identifier: BSD-3-Clause
/*
 * A panel of the page: what the template of masks.html has, filled in and kept up to
 * date with a model. A cell is pointed at by pointer or by arrow keys.
 */
"use strict";

(() => {
  const ARROWS = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };

  /** Copy a text; where a page may not, select the element that shows it. */
  DropMasks.copy = async (text, element) => {
    try {
      await navigator.clipboard.writeText(text);
      return "copied";
    } catch {
      getSelection().selectAllChildren(element);
      return "selected";
    }
  };

  DropMasks.View = class {
    constructor({ id, title, paper, about }) {
      const template = document.getElementById("panel").content;
      this.section = template.firstElementChild.cloneNode(true);
      this.section.id = `${id}-panel`;
      this.section.setAttribute("aria-labelledby", `${id}-title`);
      this.find("h2").id = `${id}-title`;
      this.find("h2").textContent = title;
      this.find("h2").append(" ", DropMasks.make("small", {}, paper));
      this.find(".about").textContent = about;
      this.title = title;
      this.fields = this.find(".fields");
      this.canvas = this.find("canvas");
      this.listenToPointer();
      this.canvas.addEventListener("keydown", (event) => this.step(event));
      this.canvas.addEventListener("blur", () => this.point(undefined));
      this.listenToCopy(this.find("button"), this.find("code"));
    }

    find(selector) {
      return this.section.querySelector(selector);
    }

    listenToPointer() {
      const pointed = ({ offsetX, offsetY }) => {
        const [across, down] = [offsetX, offsetY].map((at) => at * this.layout.scale);
        this.point(DropMasks.placeAt(this.model, this.layout, across, down));
      };
      this.canvas.addEventListener("pointermove", pointed);
      this.canvas.addEventListener("pointerdown", pointed);
      this.canvas.addEventListener("pointerleave", ({ pointerType }) => {
        if (pointerType === "mouse") this.point(undefined); // a finger has to leave
      });
    }

    listenToCopy(button, code) {
      button.setAttribute("aria-label", `copy the Python line of ${this.title}`);
      button.addEventListener("click", async () => {
        button.textContent = await DropMasks.copy(code.textContent, code);
        setTimeout(() => (button.textContent = "copy"), 1500);
      });
    }

    /** Go from cell to cell with the arrow keys, across maps too. */
    step(event) {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const { side, rows, samples } = this.model;
      const { sample = 0, row = 0, y = 0, x = 0 } = this.cursor ?? {};
      const [down, across] = this.cursor ? ARROWS[event.key] : [0, 0];
      const within = (at, maps) => Math.min(Math.max(at, 0), maps * side - 1);
      const toY = within(row * side + y + down, rows);
      const toX = within(sample * side + x + across, samples);
      this.point({
        sample: Math.floor(toX / side),
        row: Math.floor(toY / side),
        y: toY % side,
        x: toX % side,
      });
    }

    /** Point at a place, or at none. */
    point(cursor) {
      this.cursor = cursor;
      this.draw();
    }

    /** Show a model at p, with what changed since p was `was`. */
    show(model, p, was) {
      if (model !== this.model) this.cursor = undefined;
      const [drawn, { keep: before }] = [model.draw(p), model.draw(was)];
      Object.assign(this, { model, p, before, keep: drawn.keep, drawn });
      this.find(".rows").textContent = `rows: ${model.names.join(", ")}`;
      this.find("code").textContent = model.line(p);
      this.showShare();
      this.draw();
    }

    showShare() {
      const size = this.keep.length;
      const dropped = this.keep.filter((kept) => !kept).length;
      const percent = (share) => `${100 * share}%`;
      const share = `share dropped ${dropped}/${size} = ${(dropped / size).toFixed(3)}`;
      this.find(".share").textContent = `${share}, p\u00a0=\u00a0${this.p}`;
      this.find(".bar i").style.width = percent(dropped / size);
      this.find(".bar b").style.left = percent(this.p);
      const label = `${this.title}: ${share}. Arrow keys read it.`;
      this.canvas.setAttribute("aria-label", label);
    }

    /** Take the width and the colours that the page has now. */
    measure() {
      this.width = this.find(".picture").clientWidth;
      this.theme = DropMasks.theme();
    }

    draw() {
      this.layout = DropMasks.layout(this.model, this.width, devicePixelRatio);
      this.canvas.style.width = `${this.layout.size[0] / devicePixelRatio}px`;
      DropMasks.draw(this.canvas, this);
      this.find(".rows").style.visibility = this.cursor ? "hidden" : "visible";
      this.find(".readout").textContent = this.cursor ? this.readCursor() : "";
    }

    /** What the stream says of the element pointed at. */
    readCursor() {
      const { shape } = this.model;
      const element = DropMasks.elementAt(this.model, this.cursor);
      if (element < 0) return "the mean of the paths that survive";
      let inner = this.keep.length;
      const index = shape.map((n) => Math.floor(element / (inner /= n)) % n);
      return `keep[${index.join(", ")}]: ${this.model.why(element, this.p, this.keep)}`;
    }
  };
})();
