// SPDX-License-Identifier: BSD-3-Clause
/*
 * The pictures that the masks lie on: eight handwritten digits, 0 to 7, the first of
 * scikit-learn's load_digits (UCI, Alpaydin and Kaynak, CC BY 4.0). A picture is a
 * function (y, x) -> [0, 1] of whole numbers, 0 outside of the digit.
 */
"use strict";

globalThis.DropMasks = {};

(() => {
  const SIDE = 8;

  // A row of 8 x 8 pixels for each digit, the values 0 to 16 in base 17.
  const DIGITS = [
    "005d910000dfaf5003f20b8004c008800580098004b01c7002e5ac00006da000",
    "000cd500000bg900003fg60007fgg200001gg300001gg600001gg600000bga00",
    "0004fc00003gfe00008d8g000016fb00018df10009gg500003dggb500003bg90",
    "007fd10008d6f400021dd000002fb1000001cc1000001a8000845e90007dd900",
    "0001b00000078000001d6220007f098005ga0g6004fgdg100003fa000002g400",
    "00ca000000egge0000dgfa1000bgg70000047g7000004g900054cg40009gga00",
    "000cd000005g800000dg300000ed000000fc720000dgdg30007gbf800019fb30",
    "0078dgf100774bc000008d100488ff6002bff400000g5000009f100000d50000",
  ];

  /** A pixel of a digit, 0 outside. */
  function pixel(digit, y, x) {
    const inside = y >= 0 && y < SIDE && x >= 0 && x < SIDE;
    return inside ? parseInt(DIGITS[digit][y * SIDE + x], 17) / 16 : 0;
  }

  /** A digit at another size, between its pixels by bilinear interpolation. */
  function digit(number, size) {
    const split = (place) => {
      const at = ((place + 0.5) * SIDE) / size - 0.5;
      return [Math.floor(at), at - Math.floor(at)];
    };
    return (y, x) => {
      const [[top, down], [left, right]] = [split(y), split(x)];
      const row = (y) =>
        (1 - right) * pixel(number, y, left) + right * pixel(number, y, left + 1);
      return (1 - down) * row(top) + down * row(top + 1);
    };
  }

  /** How steep a picture is along one axis, whichever way. */
  function edges(picture, axis) {
    const [dy, dx] = axis === "y" ? [1, 0] : [0, 1];
    return (y, x) => Math.abs(picture(y + dy, x + dx) - picture(y - dy, x - dx));
  }

  /** A picture of which each pixel is the mean of itself and its neighbours. */
  function blurred(picture, reach) {
    const steps = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
    return (y, x) => {
      const window = steps.flatMap((dy) => steps.map((dx) => picture(y + dy, x + dx)));
      return window.reduce((sum, value) => sum + value, 0) / window.length;
    };
  }

  /** A picture's values as one row after the other. */
  function pixels(picture, size) {
    const places = [...Array(size * size).keys()];
    return places.map((i) => Math.min(picture(Math.floor(i / size), i % size), 1));
  }

  /** For each sample, its channels: the digit, and its edges along x and along y. */
  DropMasks.channels = (samples, size) =>
    [...Array(samples).keys()].map((number) => {
      const picture = digit(number, size);
      return [picture, edges(picture, "x"), edges(picture, "y")].map((channel) =>
        pixels(channel, size),
      );
    });

  /** For each sample, what the paths of a join give: the digit, ever more blurred. */
  DropMasks.paths = (samples, size) =>
    [...Array(samples).keys()].map((number) =>
      [0, 1, 2, 3].map((reach) => pixels(blurred(digit(number, size), reach), size)),
    );
})();
