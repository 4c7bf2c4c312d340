// SPDX-License-Identifier: BSD-3-Clause
/*
 * The mask stream, version 1, in plain JavaScript: a second implementation of
 * STREAM.md. A script for a page or for Node, which defines one global: DropStream.
 *
 * Keys and indices are BigInts in [0, 2**64), or integer Numbers below 2**53. p is the
 * probability to drop. A shape is an array of positive integers. A mask is a Uint8Array
 * in C order: 1 is kept, 0 is dropped. Inside, a 32-bit word is a Number.
 */
"use strict";

globalThis.DropStream = (() => {
  const WORD = 2 ** 32;
  const PLANES = 40;
  const ONE = 2 ** PLANES; // the threshold that drops all
  const SEGMENT = 512;
  const PLANE_WORDS = SEGMENT / 32; // of a segment
  const [ELEMENTS, CHILDREN, CHOICES] = [0, 1, 3]; // what an index counts

  const range = (n) => [...Array(n).keys()];
  const product = (lengths) => lengths.reduce((size, n) => size * n, 1);
  const strides = (shape) => shape.map((_, axis) => product(shape.slice(axis + 1)));

  /** f of one entry of each list, for every such choice, the last list's fastest. */
  function combine(lists, f) {
    return lists.reduce((all, list) => all.flatMap((m) => list.map((n) => f(m, n))));
  }

  /** The argument `got`, if what is expected of it holds. */
  function check(holds, name, expected, got) {
    if (!holds) throw new RangeError(`${name} must be ${expected}, got ${got}`);
    return got;
  }

  /** An unsigned 64-bit integer as a BigInt. */
  function word64(value, name) {
    const whole = typeof value === "bigint" || Number.isSafeInteger(value);
    const fits = whole && value >= 0 && value < 2n ** 64n;
    return BigInt(check(fits, name, "an integer in [0, 2**64)", value));
  }

  const probability = (p) =>
    check(typeof p === "number" && p >= 0 && p <= 1, "p", "in [0, 1]", p);

  /** The product of two 32-bit words: its low and its high word. */
  function multiply(a, b) {
    const middle = (a >>> 16) * (b & 0xffff) + (((a & 0xffff) * (b & 0xffff)) >>> 16);
    const other = (a & 0xffff) * (b >>> 16) + (middle & 0xffff);
    const high = (a >>> 16) * (b >>> 16) + (middle >>> 16) + (other >>> 16);
    return [Math.imul(a, b) >>> 0, high];
  }

  /** Philox4x32-10: four words of four counter words and two key words. */
  function philox([c0, c1, c2, c3], [k0, k1]) {
    for (let round = 0; round < 10; round++) {
      const [aLow, aHigh] = multiply(0xd2511f53, c0);
      const [bLow, bHigh] = multiply(0xcd9e8d57, c2);
      [c0, c1, c2, c3] = [(bHigh ^ c1 ^ k0) >>> 0, bLow, (aHigh ^ c3 ^ k1) >>> 0, aLow];
      k0 = (k0 + 0x9e3779b9) >>> 0;
      k1 = (k1 + 0xbb67ae85) >>> 0;
    }
    return [c0, c1, c2, c3];
  }

  /** Philox's words of a key at a 64-bit index. */
  function words(key, index, c2, domain) {
    const halves = (n) => [Number(n & 0xffffffffn), Number(n >> 32n)];
    const counter = [...halves(word64(index, "index")), c2, domain];
    return philox(counter, halves(word64(key, "key")));
  }

  /** One of `count` choices at an index. */
  function choice(key, index, count, c2) {
    return Math.floor((words(key, index, c2, CHOICES)[0] * count) / WORD);
  }

  /**
   * The first `count` outputs of a segment's SFC64, the low word of each before its
   * high word, in a Uint32Array of 2 * count.
   */
  function outputs(key, segment, count) {
    let [aLow, aHigh, bLow, bHigh] = words(key, segment, 0, ELEMENTS);
    let [cLow, cHigh] = words(key, segment, 1, ELEMENTS);
    const result = new Uint32Array(2 * count);
    const carry = (sum) => Math.floor(sum / WORD);
    for (let n = 1; n <= count; n++) { // n is a word of the state too
      const o = aLow + bLow + n; // sums of words are exact until they are cut
      const oHigh = (aHigh + bHigh + carry(o)) >>> 0;
      result[2 * n - 2] = o;
      result[2 * n - 1] = oHigh;
      aLow = (bLow ^ ((bLow >>> 11) | (bHigh << 21))) >>> 0;
      aHigh = (bHigh ^ (bHigh >>> 11)) >>> 0;
      const b = cLow + ((cLow << 3) >>> 0);
      bLow = b >>> 0;
      bHigh = (cHigh + ((cHigh << 3) | (cLow >>> 29)) + carry(b)) >>> 0;
      const c = (((cLow << 24) | (cHigh >>> 8)) >>> 0) + (o >>> 0);
      cHigh = (((cHigh << 24) | (cLow >>> 8)) + oHigh + carry(c)) >>> 0;
      cLow = c >>> 0;
    }
    return result;
  }

  const known = new Map(); // uniforms of segments: a page asks for them again and again

  /** The uniforms of a segment's elements: plane j gives their bits 39 - j. */
  function segmentUniforms(key, segment) {
    const name = `${key} ${segment}`;
    if (known.has(name)) return known.get(name);
    const bits = outputs(key, segment, (PLANES * PLANE_WORDS) / 2);
    const result = new Float64Array(SEGMENT);
    for (let plane = 0; plane < bits.length; plane += PLANE_WORDS) {
      for (let i = 0; i < SEGMENT; i++) {
        result[i] = 2 * result[i] + ((bits[plane + (i >> 5)] >>> (i & 31)) & 1);
      }
    }
    if (known.size === 256) known.clear();
    known.set(name, result);
    return result;
  }

  /** The key derived from a key by one number or more, as droplayers' Key.child. */
  function child(key, ...numbers) {
    return numbers.reduce((parent, number) => {
      const [w0, w1] = words(parent, number, 0, CHILDREN);
      return BigInt(w0) | (BigInt(w1) << 32n);
    }, word64(key, "key"));
  }

  /** p * 2**40, half to even: elements whose uniform is below it are dropped. */
  function threshold(p) {
    const whole = Math.floor(probability(p) * ONE); // the product is exact
    const rest = p * ONE - whole;
    return whole + Number(rest > 0.5 || (rest === 0.5 && whole % 2 === 1));
  }

  /**
   * The uniforms of an array's elements, 40-bit integers, in a Float64Array. With
   * `fullShape`, `shape` is that of a block of the full array, which begins at `start`.
   */
  function uniforms(shape, key, { fullShape = shape, start = [] } = {}) {
    check(shape.every((n) => n > 0 && !(n % 1)), "shape", "positive integers", shape);
    const full = fullShape.map(BigInt);
    const first = shape.map((_, axis) => BigInt(start[axis] ?? 0));
    const inside = shape.every((n, axis) => first[axis] + BigInt(n) <= full[axis]);
    check(inside, "shape", `inside ${fullShape} at ${start}`, shape);
    const result = new Float64Array(product(shape));
    const inner = strides(shape);
    const rowLength = shape.at(-1) ?? 1;
    for (let row = 0; row < result.length; row += rowLength) {
      let index = 0n;
      shape.forEach((n, axis) => {
        const at = BigInt(Math.floor(row / inner[axis]) % n);
        index = index * full[axis] + first[axis] + at;
      });
      word64(index + BigInt(rowLength - 1), "the last index");
      for (let done = 0, count; done < rowLength; done += count) {
        const from = Number(index & 511n);
        count = Math.min(SEGMENT - from, rowLength - done);
        const source = segmentUniforms(key, index >> 9n);
        result.set(source.subarray(from, from + count), row + done);
        index += BigInt(count);
      }
    }
    return result;
  }

  /** The keep mask of an array's elements; `block` as in uniforms. */
  function keepMask(shape, p, key, block) {
    const t = threshold(p);
    return Uint8Array.from(uniforms(shape, key, block), (u) => u >= t);
  }

  /** A mask's bits as bytes, the first element in the lowest bit of the first byte. */
  function packed(mask) {
    const bytes = new Uint8Array(Math.ceil(mask.length / 8));
    mask.forEach((kept, i) => (bytes[i >> 3] |= kept << (i & 7)));
    return bytes;
  }

  /** A shape with 1 on the axes that share one draw: the shape of dropout's mask. */
  function sharedShape(shape, sharedAxes) {
    const shared = sharedAxes.map((axis) => (axis < 0 ? axis + shape.length : axis));
    check(shared.every((a) => a in shape), "sharedAxes", "axes of x", sharedAxes);
    return shape.map((n, axis) => (shared.includes(axis) ? 1 : n));
  }

  /** Dropout's mask, of sharedShape(shape, sharedAxes). */
  function dropout(shape, p, key, sharedAxes = []) {
    return keepMask(sharedShape(shape, sharedAxes), p, key);
  }

  /** Spatial dropout's mask: x's shape with 1 on all axes but 0 and channelAxis. */
  function spatialDropout(shape, p, key, channelAxis = 1) {
    const own = [0, channelAxis < 0 ? channelAxis + shape.length : channelAxis];
    return dropout(shape, p, key, range(shape.length).filter((a) => !own.includes(a)));
  }

  /** Drop-path's mask: an element for each sample, or one for the batch. */
  function dropPath(samples, p, key, per = "sample") {
    return keepMask([per === "batch" ? 1 : samples], p, key);
  }

  /** DropConnect's mask, (samples, inputs, outputs), or (inputs, outputs) for all. */
  function dropConnect(samples, inputs, outs, p, key, perSample = true) {
    return keepMask(perSample ? [samples, inputs, outs] : [inputs, outs], p, key);
  }

  /**
   * Which paths a join keeps: a row of the mask for each of `samples`, one for a whole
   * batch. `living` says which paths are not dead; `drawn` are the rows of which local
   * sampling dropped all the living, so that one is drawn. Global: one column, any p.
   */
  function fractalJoin(living, p, key, { samples = 1, sampling = "local" } = {}) {
    const paths = living.length;
    const alive = range(paths).filter((j) => living[j]);
    const keep = keepMask([samples, paths], p, key);
    const drawn = [];
    for (let i = 0; i < samples; i++) {
      const row = keep.subarray(i * paths, (i + 1) * paths);
      if (sampling === "global") row.fill(0)[choice(key, i, paths, 1)] = 1;
      row.forEach((kept, j) => (row[j] = kept && living[j]));
      if (sampling === "local" && alive.length && !row.includes(1)) {
        row[alive[choice(key, i, alive.length, 0)]] = 1;
        drawn.push(i);
      }
    }
    return { keep, drawn };
  }

  /** How many cells of a map n seeds' blocks can cover: pairs [n, cells], n rising. */
  function blockCoverage(lengths, sides) {
    const covering = (i, d, b) => Math.min(i, d - b) - Math.max(i - b + 1, 0) + 1;
    const along = lengths.map((d, a) => range(d).map((i) => covering(i, d, sides[a])));
    const cells = new Map();
    const count = (n) => cells.set(n, (cells.get(n) ?? 0) + 1);
    combine(along, (m, n) => m * n).forEach(count);
    return [...cells].sort(([n], [m]) => n - m);
  }

  /** The share of cells that is expected to drop when the seeds' threshold is t. */
  function blockShare(t, coverage) {
    let [power, exponent, dropped, size] = [1, 0, 0, 0];
    for (const [n, cells] of coverage) {
      for (; exponent < n; exponent++) power *= 1 - t / ONE;
      dropped += cells * (1 - power);
      size += cells;
    }
    return dropped / size;
  }

  /** The smallest threshold of seeds whose expected share is at least p. */
  function blockThreshold(p, coverage) {
    let [least, most] = [probability(p) === 1 ? ONE : 0, ONE];
    while (least < most) {
      const middle = Math.floor((least + most) / 2);
      if (blockShare(middle, coverage) >= p) most = middle;
      else least = middle + 1;
    }
    return least;
  }

  /**
   * DropBlock of an x (N, C, d1, ...): { keep, shape } of its cells, C being 1 when
   * channels are `shared`; { seeds, seedShape }, 0 being a seed that fell, the lowest
   * corner of its block; { lowest, coverage }: blockShare(lowest[i], coverage) is the p
   * above which cell i is dropped.
   */
  function dropBlock(x, p, key, options = {}) {
    const { blockSize = 7, channelAxis = 1, shared = false } = options;
    check(blockSize >= 1 && blockSize % 1 === 0, "blockSize", "from 1 on", blockSize);
    const channel = channelAxis < 0 ? channelAxis + x.length : channelAxis;
    const shape = shared ? sharedShape(x, [channel]) : x;
    const spatial = (axis) => axis !== 0 && axis !== channel;
    const sides = x.map((d, axis) => (spatial(axis) ? Math.min(blockSize, d) : 1));
    const seedShape = shape.map((d, axis) => d - sides[axis] + 1);
    const ofMap = (lengths) => lengths.filter((_, axis) => spatial(axis));
    const coverage = blockCoverage(ofMap(x), ofMap(sides));
    const t = blockThreshold(p, coverage);
    const drawn = uniforms(seedShape, key);
    const seeds = Uint8Array.from(drawn, (u) => u >= t);
    const lowest = new Float64Array(product(shape)).fill(ONE);
    const places = (box) => { // of its elements among the cells, in C order
      const along = (n, axis) => range(n).map((i) => i * strides(shape)[axis]);
      return combine(box.map(along), (m, n) => m + n);
    };
    const block = places(sides);
    places(seedShape).forEach((corner, seed) => {
      for (const place of block) {
        lowest[corner + place] = Math.min(lowest[corner + place], drawn[seed]);
      }
    });
    const keep = Uint8Array.from(lowest, (u) => u >= t);
    return { keep, shape, seeds, seedShape, lowest, coverage };
  }

  return Object.freeze({
    philox, outputs, child, uniforms, threshold, keepMask, packed, sharedShape, dropout,
    spatialDropout, dropPath, dropBlock, blockShare, dropConnect, fractalJoin,
  });
})();
