// SPDX-License-Identifier: BSD-3-Clause
/*
 * The panels: for each operation its texts and controls, and `model(state, key, rng)`,
 * what it draws under a key. A model is a table of maps, a column for each sample:
 *
 *   rows, side       how many rows there are, and cells along each side of a map
 *   names            what the rows are
 *   pixels(s, r, k)  a map's values in [0, 1], under the mask k
 *   shape, steps     the mask's shape, and its strides along sample, row, y and x
 *   draw(p)          { keep }, the mask at p, and elements to mark: seeds, survivors
 *   why(i, p, keep)  in words, why element i is kept or dropped
 *   line(p)          Python that gives the same mask, rng being the key in Python
 *   text(...)        a cell's text, if it has one
 */
"use strict";

(() => {
  const S = DropStream;
  const CHANNELS = ["the digit", "its edges along x", "its edges along y"];
  const range = (n) => [...Array(n).keys()];
  const tuple = (ns) => (ns.length === 1 ? `(${ns[0]},)` : `(${ns.join(", ")})`);
  const shapeOf = (s) => [s.samples, s.channels, s.size, s.size];

  /** Strides of a mask that is broadcast: 0 along axes of length 1. */
  function stridesOf(shape) {
    const size = (lengths) => lengths.reduce((product, n) => product * n, 1);
    return shape.map((n, axis) => (n === 1 ? 0 : size(shape.slice(axis + 1))));
  }

  /** A number to so many digits, without zeros at its end. */
  const short = (x, digits = 4) => String(Number(x.toPrecision(digits)));

  /** What the uniform of an element says of it at p. */
  function compare(shape, key) {
    return (i, p) => {
      const u = S.uniforms(shape, key)[i];
      const falls = u < S.threshold(p);
      const shown = short(u / 2 ** 40, 6);
      return `u = ${shown} ${falls ? "<" : "≥"} p: ${falls ? "dropped" : "kept"}`;
    };
  }

  /** A model of the digits' channels under a mask of this shape. */
  function channels(s, shape, key) {
    const pictures = DropMasks.channels(s.samples, s.size);
    return {
      rows: s.channels,
      side: s.size,
      names: CHANNELS.slice(0, s.channels),
      pixels: (sample, row) => pictures[sample][row],
      shape,
      steps: stridesOf([...shape, 1, 1, 1].slice(0, 4)),
      why: compare(shape, key),
    };
  }

  const dropout = {
    id: "dropout",
    title: "Dropout",
    paper: "Srivastava et al. 2014",
    about: "One draw for each element.",
    fields: [],
    model(s, key, rng) {
      const shape = shapeOf(s);
      return {
        ...channels(s, shape, key),
        draw: (p) => ({ keep: S.dropout(shape, p, key) }),
        line: (p) => `dl.keep_mask(${tuple(shape)}, ${p}, rng=${rng})`,
      };
    },
  };

  const shared = {
    id: "shared",
    title: "Shared axes",
    paper: "Tompson et al. 2015",
    about:
      "One draw for all elements along the shared axes. With axes 2 and 3 it is " +
      "spatial dropout: whole channels of a sample.",
    fields: ["shared"],
    model(s, key, rng) {
      const shape = shapeOf(s);
      const x = `np.ones(${tuple(shape)})`;
      const axes = `shared_axes=${tuple(s.shared)}`;
      return {
        ...channels(s, S.sharedShape(shape, s.shared), key),
        draw: (p) => ({ keep: S.dropout(shape, p, key, s.shared) }),
        line: (p) => `dl.dropout(${x}, ${p}, ${axes}, rng=${rng}, return_mask=True)[1]`,
      };
    },
  };

  const path = {
    id: "path",
    title: "Drop-path",
    paper: "Huang et al. 2016",
    about:
      "One draw for each sample, or for the batch: stochastic depth, where x is a " +
      "residual branch that a sample skips.",
    fields: ["per"],
    model(s, key, rng) {
      const x = `np.ones(${tuple(shapeOf(s))})`;
      const per = `per="${s.per}"`;
      return {
        ...channels(s, [s.per === "batch" ? 1 : s.samples], key),
        draw: (p) => ({ keep: S.dropPath(s.samples, p, key, s.per) }),
        line: (p) =>
          `dl.drop_path(${x}, ${p}, True, ${per}, rng=${rng}, return_mask=True)[1]`,
      };
    },
  };

  const block = {
    id: "block",
    title: "DropBlock",
    paper: "Ghiasi et al. 2018",
    about:
      "A seed (corner mark) that falls drops its whole block. The rate of seeds is " +
      "solved so that the expected share dropped is p.",
    fields: ["block", "sharedChannels"],
    model(s, key, rng) {
      const x = shapeOf(s);
      const options = { blockSize: s.block, shared: s.sharedChannels };
      const { shape, seedShape, lowest, coverage } = S.dropBlock(x, 0, key, options);
      const cells = stridesOf(shape);
      const seedSteps = stridesOf(seedShape);
      const corner = (seed) =>
        seedShape.reduce((sum, n, axis) => {
          const place = seedSteps[axis] ? Math.floor(seed / seedSteps[axis]) % n : 0;
          return sum + place * cells[axis];
        }, 0);
      const share = `shared_channels=${s.sharedChannels ? "True" : "False"}`;
      const how = `block_size=${s.block}, ${share}`;
      return {
        ...channels(s, shape, key),
        draw(p) {
          const { keep, seeds } = S.dropBlock(x, p, key, options);
          const fallen = range(seeds.length).filter((seed) => !seeds[seed]);
          return { keep, seeds: new Set(fallen.map(corner)) };
        },
        why(i, p, keep) {
          const least = short(S.blockShare(lowest[i], coverage), 6);
          const now = keep[i] ? "kept" : "dropped";
          return `its first seed falls above p = ${least}: ${now}`;
        },
        line: (p) => `dl.block_mask(${tuple(x)}, ${p}, ${how}, rng=${rng})`,
      };
    },
  };

  const connect = {
    id: "connect",
    title: "DropConnect",
    paper: "Wan et al. 2013",
    about:
      "Weights are dropped, not activations: which pixels of a sample still reach " +
      "an output. This is the mask that drop_connect draws.",
    fields: ["outputs", "perSample"],
    model(s, key, rng) {
      const pictures = DropMasks.channels(s.samples, s.size);
      const [inputs, outs] = [s.size * s.size, s.outputs];
      const shape = [...(s.perSample ? [s.samples] : []), inputs, outs];
      return {
        rows: outs,
        side: s.size,
        names: range(outs).map((j) => `to output ${j}`),
        pixels: (sample) => pictures[sample][0],
        shape,
        steps: [s.perSample ? inputs * outs : 0, 1, s.size * outs, outs],
        draw: (p) => ({
          keep: S.dropConnect(s.samples, inputs, outs, p, key, s.perSample),
        }),
        why: compare(shape, key),
        line: (p) => `dl.keep_mask(${tuple(shape)}, ${p}, rng=${rng})`,
      };
    },
  };

  const join = {
    id: "join",
    title: "FractalNet join",
    paper: "Larsson et al. 2017",
    about:
      "The mean (last row) of the paths that survive. Local: each path is dropped " +
      "by itself; if all are, one is drawn to survive. Global: one column alone.",
    fields: ["paths", "sampling", "perJoin"],
    model(s, key, rng) {
      const pictures = DropMasks.paths(s.samples, s.size);
      const batch = s.perJoin === "batch";
      const shape = batch ? [s.paths] : [s.samples, s.paths];
      const steps = [batch ? 0 : s.paths, 1, 0, 0];
      const living = Array(s.paths).fill(true);
      const options = { samples: batch ? 1 : s.samples, sampling: s.sampling };
      const uniform = compare(shape, key);
      const where = batch ? "the batch" : "the sample";
      const eye = `np.eye(${s.paths})`;
      const paths = batch ? eye : `${eye}[:, None].repeat(${s.samples}, axis=1)`;
      const how = `sampling="${s.sampling}", per="${s.perJoin}"`;
      return {
        rows: s.paths + 1,
        joined: true,
        side: s.size,
        names: [...range(s.paths).map((j) => `path ${j}`), "the join"],
        pixels(sample, row, keep) {
          if (row < s.paths) return pictures[sample][row];
          const kept = range(s.paths).filter((j) => keep[sample * steps[0] + j]);
          const sum = (i) => kept.reduce((sum, j) => sum + pictures[sample][j][i], 0);
          return pictures[sample][0].map((_, i) => sum(i) / kept.length);
        },
        shape,
        steps,
        draw(p) {
          const { keep, drawn } = S.fractalJoin(living, p, key, options);
          const survivors = drawn.map((row) => keep.indexOf(1, row * s.paths));
          return { keep, survivors: new Set(survivors) };
        },
        why(i, p, keep) {
          if (s.sampling === "global") {
            return `${keep[i] ? "the" : "not the"} column drawn for ${where}`;
          }
          const drawn = keep[i] && S.uniforms(shape, key)[i] < S.threshold(p);
          const survives = `, as all of ${where}, and drawn to survive`;
          return uniform(i, p) + (drawn ? survives : "");
        },
        line: (p) => `dl.fractal_join(${paths}, ${p}, True, ${how}, rng=${rng}) > 0`,
      };
    },
  };

  const experiment = {
    id: "experiment",
    title: "The (4, 3, 2, 2) experiment",
    paper: "",
    about:
      "The numbers 1 to 48 through drop_path: a sample is zero as a whole, or " +
      "divided by 1\u00a0\u2212\u00a0p, so that the expectation stays.",
    fields: ["scale"],
    model(s, key, rng) {
      const x = "np.arange(1.0, 49.0).reshape(4, 3, 2, 2)";
      const scale = s.scale ? "" : ", scale_by_keep=False";
      return {
        samples: 4,
        rows: 3,
        side: 2,
        names: range(3).map((j) => `channel ${j}`),
        pixels: () => [0, 0, 0, 0],
        text(sample, row, i, kept, p) {
          const value = sample * 12 + row * 4 + i + 1;
          return kept ? short(s.scale ? value / (1 - p) : value) : "0";
        },
        shape: [4],
        steps: [1, 0, 0, 0],
        draw: (p) => ({ keep: S.dropPath(4, p, key) }),
        why: compare([4], key),
        line: (p) => `dl.drop_path(${x}, ${p}, True${scale}, rng=${rng})`,
      };
    },
  };

  const PANELS = [dropout, shared, path, block, connect, join, experiment];

  /** The models of all panels under a state. */
  DropMasks.models = (s) =>
    PANELS.map((panel, i) => {
      const key = s.children ? S.child(s.key, i) : s.key;
      const rng = `dl.Key(${s.key})${s.children ? `.child(${i})` : ""}`;
      return { samples: s.samples, ...panel.model(s, key, rng) };
    });
  DropMasks.PANELS = PANELS;
})();
