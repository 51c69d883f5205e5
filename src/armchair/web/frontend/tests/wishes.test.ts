import { describe, expect, it } from "vitest";
import { along, between, gain, plotted, sameWeights, spotWords, type CurveRow } from "../src/play/curve";

const row = (high: number, done: number, success: number | null, wish: number): CurveRow => ({ weights: { high }, done, success, wish: { high: wish } });
const lift = [row(1, 0.5, 0.25, 0.75), row(0, 1, 0.75, 0.25), row(0.5, 0.75, null, 1.25)];
const two: CurveRow[] = [
  [0, 0, 1], [1, 0, 0.9], [0.5, 0.5, 0.8], [1, 1, 0.7], [0, 1, 0.6],
].map(([high, soft, done]) => ({ weights: { high: high!, soft: soft! }, done: done!, success: null, wish: { high: high!, soft: soft! } }));

describe("the curve of wishes", () => {
  it("is followed along one wish, the others where they are nearest", () => {
    expect(along(lift, "high", {}).map((spot) => spot.weight)).toEqual([0, 0.5, 1]);
    expect(along(two, "high", { soft: 0.2 }).map((spot) => spot.done)).toEqual([1, 0.9]);
    expect(along(two, "high", { soft: 0.9 }).map((spot) => spot.done)).toEqual([0.6, 0.7]);
    expect(along(two, "high", { soft: 0.5 })).toHaveLength(2); // one place alone is no line
    expect(along([], "high", {})).toEqual([]);
  });

  it("lies on the line between two rows", () => {
    const spots = along(lift, "high", {});
    expect(between(spots, 0.25)).toEqual({ weight: 0.25, done: 0.875, success: null, wish: 0.75 });
    expect(between(spots, 0.5)).toEqual({ weight: 0.5, done: 0.75, success: null, wish: 1.25 });
    expect(between(spots.slice(1), 0.1)?.done).toBe(0.75); // nobody knows what is before the first
    expect(between(spots.slice(0, 2), 0.9)?.done).toBe(0.75);
    expect(between([], 0.5)).toBeNull();
  });

  it("tells the way to the best that the weight brings", () => {
    const spots = along(lift, "high", {});
    expect([0.25, 0.75, 1.25].map((wish) => gain(spots, wish))).toEqual([0, 0.5, 1]);
    expect(gain(spots.slice(0, 1), 0.25)).toBeNull();
    expect(gain([], 0)).toBeNull();
  });

  it("is put into words", () => {
    const spots = along(lift, "high", {});
    expect(spotWords(spots, 0)).toBe("task done in 100 % of tries (true success 75 %); 0 % of what this wish can bring");
    expect(spotWords(spots, 0.25)).toBe("task done in 88 % of tries; 50 % of what this wish can bring");
    expect(spotWords(spots.slice(0, 1), 0.5)).toBe("task done in 100 % of tries (true success 75 %)");
    expect(spotWords([], 0.5)).toBe("");
  });

  it("is drawn from what the wish costs to what it brings, noise no larger than it is", () => {
    const drawn = plotted(along(lift, "high", {}));
    expect(drawn.levels).toEqual([0.2, 1]); // below the least success, 0.25
    [[0, 1], [1, 0.6875], [0.5, 0.375]].forEach((place, k) => place.forEach((x, axis) => expect(drawn.done[k]![axis]).toBeCloseTo(x)));
    expect(drawn.success.map(([x]) => x)).toEqual([0, 0.5]);
    const level = plotted([0, 1].map((weight) => ({ weight, done: 0.99, success: null, wish: 3 })));
    expect(level.levels[0]).toBe(0.8);
    expect(level.done.map(([x]) => x)).toEqual([0, 1]); // where the wish stays, the weight is drawn
  });

  it("knows when the sliders are where they were", () => {
    expect(sameWeights({ high: 0.6 }, { high: 0.601 })).toBe(true);
    expect(sameWeights({ high: 0.6 }, { high: 0.61 })).toBe(false);
    expect(sameWeights({ high: 0.6, soft: 0.1 }, { high: 0.6 })).toBe(false);
  });
});
