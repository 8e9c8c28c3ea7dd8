/** Snapshots stay the same object until something changes, and a batch tells once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { batch, Cell, Source, until } from "../src/observable.js";

test("a snapshot is made when somebody looks, and kept until it changes", () => {
  let made = 0;
  const source = new Source(() => ({ made: (made += 1) }));
  const first = source.getSnapshot();
  assert.equal(source.getSnapshot(), first);
  source.changed();
  assert.deepEqual(source.getSnapshot(), { made: 2 });
});

test("a batch tells each listener once, also where it fails", () => {
  const cell = new Cell(0);
  let told = 0;
  cell.subscribe(() => (told += 1));
  batch(() => batch(() => [1, 2, 3].map((value) => cell.set(value))));
  assert.deepEqual([told, cell.value], [1, 3]);
  assert.throws(() =>
    batch(() => {
      cell.set(4);
      throw new Error("no");
    }),
  );
  assert.equal(told, 2);
});

test("a listener that fails is reported, and nobody else is the worse for it", () => {
  const world = globalThis as { reportError?: (reason: unknown) => void };
  const reported: unknown[] = [];
  world.reportError = (reason) => reported.push(reason);
  try {
    const cell = new Cell(0);
    const failure = new Error("a bug in a view");
    cell.subscribe(() => {
      throw failure;
    });
    let told = 0;
    cell.subscribe(() => (told += 1));
    assert.equal(
      batch(() => {
        cell.set(1);
        return "done";
      }),
      "done",
    );
    assert.deepEqual([told, reported], [1, [failure]]);
  } finally {
    delete world.reportError;
  }
});

test("who has left hears nothing", () => {
  const cell = new Cell(0);
  let told = 0;
  cell.subscribe(() => (told += 1))();
  cell.set(1);
  assert.equal(told, 0);
});

test("until waits for a value that holds, the present one included", async () => {
  const cell = new Cell(1);
  assert.equal(await until(cell, (value) => value === 1), 1);
  const later = until(cell, (value) => value > 2);
  cell.set(2);
  cell.set(3);
  assert.equal(await later, 3);
});
