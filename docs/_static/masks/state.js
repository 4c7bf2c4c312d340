// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the page shows, as numbers and words, and how the address holds it: each field
 * by its name, as in #p=0.3&key=2026. Names and defaults stay what they are, so that an
 * address sent to somebody keeps its meaning.
 */
"use strict";

(() => {
  /** A field: its default, and how a text is read; `read` gives NaN for a bad one. */
  const field = (value, expected, read, more = {}) => ({
    value,
    ...more,
    parse(text, name) {
      const result = read(text.trim());
      if (!Number.isNaN(result)) return result;
      throw new RangeError(`${name} must be ${expected}, got ${text || "nothing"}`);
    },
  });

  const probability = (value) =>
    field(value, "in [0, 1]", (text) => {
      const p = text === "" ? NaN : Number(text);
      return p >= 0 && p <= 1 ? p : NaN;
    });

  const key = (value) =>
    field(value, "an integer in [0, 2**64)", (text) => {
      const fits = /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n;
      return fits ? BigInt(text) : NaN;
    });

  const integer = (label, value, least, most) => {
    const read = (text) => {
      const n = /^\d+$/.test(text) ? Number(text) : NaN;
      return n >= least && n <= most ? n : NaN;
    };
    const expected = `an integer in [${least}, ${most}]`;
    return field(value, expected, read, { label, least, most });
  };

  const choice = (label, value, options) => {
    const read = (text) => (options.includes(text) ? text : NaN);
    return field(value, `one of ${options.join(", ")}`, read, { label, options });
  };

  const flag = (label, value) => {
    const read = (text) => (["0", "1"].includes(text) ? text === "1" : NaN);
    return field(value, "0 or 1", read, { label });
  };

  const axes = (label, value, names) => {
    const read = (text) => {
      const list = text === "" ? [] : text.split(",");
      const known = list.every((axis) => /^\d$/.test(axis) && axis in names);
      return known ? [...new Set(list.map(Number))].sort() : NaN;
    };
    return field(value, "axes of x, as in 2,3", read, { label, names });
  };

  const FIELDS = {
    p: probability(0.3),
    was: probability(0.3), // p before its last change
    key: key(2026n),
    children: flag("a child key for each panel", false),
    samples: integer("samples", 4, 1, 8),
    channels: integer("channels", 3, 1, 3),
    size: integer("height, width", 8, 4, 16),
    shared: axes("shared_axes", [2, 3], ["samples", "channels", "rows", "columns"]),
    per: choice("per", "sample", ["sample", "batch"]),
    block: integer("block_size", 3, 1, 8),
    sharedChannels: flag("shared_channels", false),
    outputs: integer("outputs", 3, 1, 4),
    perSample: flag("per_sample", true),
    paths: integer("paths", 3, 2, 4),
    sampling: choice("sampling", "local", ["local", "global"]),
    perJoin: choice("per", "sample", ["sample", "batch"]),
    scale: flag("scale_by_keep", true),
  };

  /** The state that an address's hash holds, defaults elsewhere, and what was wrong. */
  function read(hash) {
    const texts = new URLSearchParams(hash.replace(/^#/, ""));
    const [state, errors] = [{}, []];
    for (const [name, { value, parse }] of Object.entries(FIELDS)) {
      state[name] = value;
      try {
        if (texts.has(name)) state[name] = parse(texts.get(name), name);
      } catch (error) {
        errors.push(error.message);
      }
    }
    if (!texts.has("was")) state.was = state.p;
    return { state, errors };
  }

  /** The hash that holds a state. */
  function write(state) {
    const text = (value) => (typeof value === "boolean" ? Number(value) : value);
    const pairs = Object.keys(FIELDS).map((name) => `${name}=${text(state[name])}`);
    return `#${pairs.join("&")}`;
  }

  Object.assign(DropMasks, { FIELDS, read, write });
})();
