import { describe, expect, it } from "vitest";
import { Clock } from "../src/player/clock";
import { BadPoses, decodePoses, pathOf, poseAt } from "../src/player/poses";
import { isSoftware, LEVELS, Quality } from "../src/player/quality";

const HALF = Math.SQRT1_2;

describe("poses", () => {
  const turn = decodePoses(new Float32Array([0, 0, 0, 1, 0, 0, 0, 2, 0, 4, HALF, 0, 0, HALF]).buffer, 2, 1);

  it("moves on a line and turns on the great circle", () => {
    const out = new Float32Array(7);
    poseAt(turn, 0.5, out);
    expect([...out.slice(0, 3)]).toEqual([1, 0, 2]);
    expect(out[3]).toBeCloseTo(Math.cos(Math.PI / 8), 5); // a quarter turn, halved
    expect(out[6]).toBeCloseTo(Math.sin(Math.PI / 8), 5);
  });

  it("turns the short way though the quaternion changed sign", () => {
    const flipped = decodePoses(new Float32Array([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, -HALF, 0, 0, -HALF]).buffer, 2, 1);
    const out = new Float32Array(7);
    poseAt(flipped, 0.5, out);
    expect(Math.abs(out[3]!)).toBeCloseTo(Math.cos(Math.PI / 8), 5);
  });

  it("shows its ends outside of the clip and exact rows at whole steps", () => {
    const out = new Float32Array(7);
    poseAt(turn, -3, out);
    expect([...out]).toEqual([0, 0, 0, 1, 0, 0, 0]);
    poseAt(turn, 9, out);
    expect(out[0]).toBe(2);
  });

  it("keeps equal poses equal, unit length included", () => {
    const still = decodePoses(new Float32Array([1, 2, 3, 1, 0, 0, 0, 1, 2, 3, 1, 0, 0, 0]).buffer, 2, 1);
    const out = new Float32Array(7);
    poseAt(still, 0.3, out);
    expect(Math.hypot(...out.slice(3))).toBeCloseTo(1, 6);
    expect(out[2]).toBeCloseTo(3, 6);
  });

  it("refuses bytes of another size and numbers that are not finite", () => {
    expect(() => decodePoses(new ArrayBuffer(27), 1, 1)).toThrow(BadPoses);
    expect(() => decodePoses(new Float32Array(7).fill(Number.NaN).buffer, 1, 1)).toThrow("not finite");
    expect(() => decodePoses(new ArrayBuffer(0), 0, 1)).toThrow(BadPoses);
  });

  it("follows a point of a body through its turns", () => {
    const path = pathOf(turn, 0, [1, 0, 0]);
    expect([...path.slice(0, 3)]).toEqual([1, 0, 0]);
    expect(path[3]).toBeCloseTo(2, 5); // after a quarter turn about z the offset points along y
    expect(path[4]).toBeCloseTo(1, 5);
  });
});

describe("clock", () => {
  it("goes on in real time, stands at the end a moment and begins again", () => {
    const clock = new Clock();
    clock.begin(11, 0.1);
    clock.advance(0.5);
    expect(clock.step).toBeCloseTo(5, 6);
    clock.advance(5);
    expect(clock.step).toBe(10);
    clock.advance(0.5);
    expect(clock.step).toBe(10);
    clock.advance(0.5);
    expect(clock.step).toBe(0);
  });

  it("keeps to its rate and stops when it shall not loop", () => {
    const clock = new Clock();
    clock.loop = false;
    clock.rate = 0.5;
    clock.begin(11, 0.1);
    clock.advance(0.4);
    expect(clock.step).toBeCloseTo(2, 6);
    clock.advance(9);
    clock.advance(0.1);
    expect(clock.playing).toBe(false);
    clock.play();
    expect([clock.playing, clock.step]).toEqual([true, 0]);
  });

  it("steps to whole steps and no further than the ends", () => {
    const clock = new Clock();
    clock.begin(3, 0.1);
    clock.advance(0.05);
    clock.nudge(1);
    expect([clock.playing, clock.step]).toEqual([false, 1]);
    clock.nudge(1);
    clock.nudge(1);
    expect(clock.step).toBe(2);
    clock.nudge(-1);
    expect(clock.step).toBe(1);
  });

  it("does nothing for a clip of one step", () => {
    const clock = new Clock();
    clock.begin(1, 0.1);
    expect(clock.advance(1)).toBe(false);
  });
});

describe("quality", () => {
  const play = (quality: Quality, gap: number, frames: number): string[] => {
    const said: string[] = [];
    for (let k = 1; k <= frames; k++) said.push(quality.frame(1e6 + k * gap));
    return said.filter((one) => one !== "same");
  };

  it("gives way step by step and then offers something else, once", () => {
    const quality = new Quality(true);
    expect(play(quality, 90, 200)).toEqual(["lower", "give up"]);
    expect(quality.level).toBe(LEVELS.at(-1));
  });

  it("stays where it is fast enough, and where it was told to", () => {
    expect(play(new Quality(true), 70, 100)).toEqual([]);
    expect(play(new Quality(false), 40, 100)).toEqual([]);
    expect(play(new Quality(true, "high"), 200, 100)).toEqual([]);
    expect(play(new Quality(true, "low"), 200, 100)).toEqual([]);
    expect([new Quality(true, "high").level, new Quality(false, "low").level]).toEqual([LEVELS[0], LEVELS.at(-1)]);
  });

  it("leaves a processor that draws the time to hear a key", () => {
    expect([new Quality(true).gap, new Quality(true, "high").gap, new Quality(false).gap]).toEqual([0.045, 0, 0]);
    const quality = new Quality(false);
    expect(play(quality, 70, 40)).toEqual(["lower"]); // a card that is slow
    expect(quality.gap).toBe(0);
  });

  it("gives way after a few pictures where they are very slow", () => {
    const quality = new Quality(true);
    expect(play(quality, 600, 10)).toEqual(["lower"]);
    expect(play(quality, 600, 10)).toEqual(["give up"]);
  });

  it("takes a pause for a pause", () => {
    expect(play(new Quality(false), 5000, 100)).toEqual([]);
    const quality = new Quality(false);
    const said = Array.from({ length: 100 }, (_, k) => {
      quality.rest();
      return quality.frame(1e6 + 700 * k);
    });
    expect(new Set(said)).toEqual(new Set(["same"]));
  });

  it("knows renderers without a graphics card", () => {
    expect(isSoftware("ANGLE (Google, Vulkan 1.3 (SwiftShader Device))")).toBe(true);
    expect(isSoftware("ANGLE (NVIDIA GeForce RTX 4070)")).toBe(false);
  });
});
