// SPDX-License-Identifier: BSD-3-Clause
/*
 * A model's table of maps on a canvas, and where a point of the canvas is in it. A
 * place is { sample, row, y, x }. Lengths are in pixels of the screen, `scale` of which
 * make one of the page.
 */
"use strict";

(() => {
  const [GAP, JOIN_GAP, LARGEST] = [5, 10, 36]; // between maps, of a cell; page pixels
  const SHADES = 64;
  const MARKED = 4; // page pixels from which on a cell has room for marks

  const COLOURS = "paper ink dropped fresh on-dropped on-fresh edge".split(" ");

  /** The colour between two of form #rrggbb. */
  function between(from, to, t) {
    const part = (colour, at) => parseInt(colour.slice(at, at + 2), 16);
    const [a, b] = [from, to].map((colour) => [1, 3, 5].map((at) => part(colour, at)));
    return `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * t)).join(" ")})`;
  }

  /** The colours of the page's theme, as style.css names them, and shades of kept. */
  DropMasks.theme = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--cell-${name}`).trim();
    const theme = Object.fromEntries(COLOURS.map((name) => [name, colour(name)]));
    const shade = (_, i) => between(theme.paper, theme.ink, i / (SHADES - 1));
    return { ...theme, shades: Array.from({ length: SHADES }, shade) };
  };

  /** How large a model's cells are, and where its maps begin. */
  DropMasks.layout = (model, width, scale) => {
    const gap = Math.round(GAP * scale);
    const across = model.samples * model.side;
    const room = Math.floor((width * scale - gap * (model.samples - 1)) / across);
    const cell = Math.max(1, Math.min(room, Math.floor(LARGEST * scale)));
    const map = cell * model.side;
    const lower = Math.round(JOIN_GAP * scale); // the join lies apart from its paths
    const left = (sample) => sample * (map + gap);
    const top = (row) =>
      row * (map + gap) + (model.joined && row === model.rows - 1 ? lower : 0);
    const size = [left(model.samples - 1) + map, top(model.rows - 1) + map];
    return { cell, map, left, top, size, scale };
  };

  /** The place at a point, or undefined. */
  DropMasks.placeAt = (model, layout, across, down) => {
    const { cell, map, left, top } = layout;
    const within = (start, at) => at >= start && at < start + map;
    for (let row = 0; row < model.rows; row++) {
      for (let sample = 0; sample < model.samples; sample++) {
        if (within(left(sample), across) && within(top(row), down)) {
          const [x, y] = [across - left(sample), down - top(row)].map((at) =>
            Math.floor(at / cell),
          );
          return { sample, row, y, x };
        }
      }
    }
    return undefined;
  };

  /** The element of the mask at a place, -1 in the join itself. */
  DropMasks.elementAt = (model, { sample, row, y, x }) => {
    if (model.joined && row === model.rows - 1) return -1;
    const [perSample, perRow, perY, perX] = model.steps;
    return sample * perSample + row * perRow + y * perY + x * perX;
  };

  function drawFrame(pen, x, y, size, colour, width) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.strokeRect(x + width / 2, y + width / 2, size - width, size - width);
  }

  function drawDot(pen, x, y, cell, colour) {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(x + cell / 2, y + cell / 2, cell / 6, 0, 2 * Math.PI);
    pen.fill();
  }

  function drawCorner(pen, x, y, cell, colour) {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + 0.65 * cell, y);
    pen.lineTo(x, y + 0.65 * cell);
    pen.fill();
  }

  function drawText(pen, text, x, y, cell, colour) {
    pen.fillStyle = colour;
    pen.font = `${0.3 * cell}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x + cell / 2, y + cell / 2, cell);
  }

  /** A cell, whose picture has a value in [0, 1] there. */
  function drawCell(pen, view, place, value) {
    const { model, theme, keep, before, drawn, p } = view;
    const { cell, left, top, scale } = view.layout;
    const element = DropMasks.elementAt(model, place);
    const [kept, once] = element < 0 ? [1, 1] : [keep[element], before[element]];
    const x = left(place.sample) + place.x * cell;
    const y = top(place.row) + place.y * cell;
    const state = once ? "fresh" : "dropped";
    const [dropped, mark] = [theme[state], theme[`on-${state}`]];
    const inset = model.text ? scale / 2 : 0; // lines between numbers
    pen.fillStyle = kept ? theme.shades[Math.round(value * (SHADES - 1))] : dropped;
    pen.fillRect(x + inset, y + inset, cell - 2 * inset, cell - 2 * inset);
    if (kept && !once) drawFrame(pen, x, y, cell, theme.fresh, Math.ceil(cell / 6));
    if (model.text) {
      const i = place.y * model.side + place.x;
      const text = model.text(place.sample, place.row, i, kept, p);
      drawText(pen, text, x, y, cell, kept ? theme.ink : mark);
    } else if (!kept && once && cell >= MARKED * scale) {
      drawDot(pen, x, y, cell, mark);
    }
    if (drawn.seeds?.has(element)) drawCorner(pen, x, y, cell, mark);
  }

  /** Draw what a view shows: a model under its masks, and the cell pointed at. */
  DropMasks.draw = (canvas, view) => {
    const { model, theme, keep, drawn, cursor } = view;
    const { cell, map, left, top, size, scale } = view.layout;
    const line = Math.max(1, Math.round(1.5 * scale));
    [canvas.width, canvas.height] = size;
    const pen = canvas.getContext("2d");
    for (let sample = 0; sample < model.samples; sample++) {
      for (let row = 0; row < model.rows; row++) {
        model.pixels(sample, row, keep).forEach((value, i) => {
          const [y, x] = [Math.floor(i / model.side), i % model.side];
          drawCell(pen, view, { sample, row, y, x }, value);
        });
        const element = DropMasks.elementAt(model, { sample, row, y: 0, x: 0 });
        if (drawn.survivors?.has(element)) {
          drawFrame(pen, left(sample), top(row), map, theme.edge, 2 * line);
        }
      }
    }
    if (cursor) {
      const x = left(cursor.sample) + cursor.x * cell;
      const y = top(cursor.row) + cursor.y * cell;
      drawFrame(pen, x - line, y - line, cell + 2 * line, theme.edge, line);
      drawFrame(pen, x, y, cell, theme.paper, line);
    }
  };
})();
