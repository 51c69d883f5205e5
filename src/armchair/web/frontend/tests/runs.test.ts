import { describe, expect, it } from "vitest";
import type { Preset, Run } from "../src/runs/contract";
import {
  agoWords, mood, openWords, presetWords, progressWords, sorted, stateWords, successWords, teachOnWords,
} from "../src/runs/words";

const run: Run = {
  name: "reach-001", task: "reach", question: "Which?", teacher: "", answers: 12, budget: 30, success: null, active: 0,
  state: "waiting", detail: "", can_open: true, can_teach_on: false, can_stop: true, can_wish: false, more: 0,
};

describe("a run in the list", () => {
  it("says how it stands", () => {
    expect(stateWords(run)).toBe("Waiting for your answers");
    expect(stateWords({ ...run, state: "running" })).toBe("The arm is practising");
    expect(stateWords({ ...run, state: "running", teacher: "oracle" })).toBe("Training");
    expect(stateWords({ ...run, state: "stopped" })).toBe("Stopped");
    expect(stateWords({ ...run, state: "stopped", detail: "Last line of its log: no space" })).toBe("Stopped unexpectedly");
    expect([mood(run), mood({ ...run, state: "done" }), mood({ ...run, state: "stopped", detail: "x" })]).toEqual(["wait", "rest", "bad"]);
  });

  it("says how far it has come", () => {
    expect(progressWords(run)).toBe("12 of 30 answers");
    expect(progressWords({ ...run, budget: null, teacher: "oracle" })).toBe("12 answers by a simulated teacher (oracle)");
    expect(progressWords({ ...run, teacher: "reward" })).toBe("learns from the task’s own reward");
    expect([successWords(run), successWords({ ...run, success: 0.853 })]).toEqual(["", "85 % success"]);
  });

  it("says when something was heard of it", () => {
    const ago = (seconds: number): string => agoWords(1_000_000, 1_000_000 + seconds);
    expect([ago(20), ago(200), ago(7300), ago(90_000), ago(300_000)])
      .toEqual(["active just now", "active 3 min ago", "active 2 h ago", "active yesterday", "active 3 days ago"]);
    expect(agoWords(null, 5)).toBe("");
  });

  it("offers what can be done", () => {
    expect([openWords(run), openWords({ ...run, state: "done" }), openWords({ ...run, teacher: "oracle" })]).toEqual(["Label", "Open", "Open"]);
    expect([teachOnWords(run), teachOnWords({ ...run, more: 30 }), teachOnWords({ ...run, teacher: "oracle" })])
      .toEqual(["Teach on", "Teach on (30 more)", "Go on"]);
  });
});

describe("the presets", () => {
  const named = (name: string, about: string): Preset => ({ name, about, task: "reach", question: "Which?", labels: 30 });

  it("are told by their first line", () => {
    expect(presetWords(named("push", "Push: shove a block to the goal. A starting point.")))
      .toEqual({ title: "Push", about: "Shove a block to the goal." });
    expect(presetWords(named("reach_joint", "Reach by moving the seven joints: nothing keeps the hand pointing down.")).title).toBe("Reach by moving the seven joints");
    expect(presetWords(named("reach_raw", "Reach, the reward model given plain positions instead of relations: what they are worth.")).title).toBe("Reach raw");
  });

  it("come with those for people first", () => {
    const found = sorted(["block_stack", "pendulum", "push", "reach"].map((name) => named(name, name)));
    expect(found.main.map((preset) => preset.name)).toEqual(["reach", "push", "block_stack"]);
    expect(found.variants.map((preset) => preset.name)).toEqual(["pendulum"]);
  });
});
