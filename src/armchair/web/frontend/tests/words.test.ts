import { describe, expect, it } from "vitest";
import type { Progress, State, Trainer } from "../src/contract";
import { actionOf, type KeyPress } from "../src/label/keys";
import { bannerOf, cardOf, savedOf, type Situation } from "../src/label/situation";
import { agreementText, armText, clipText, countText, etaText, paceText, pairText, resumeCommand, successText } from "../src/label/words";
import { sideOf } from "../src/ui/gestures";
import { uuid } from "../src/uuid";

const progress: Progress = {
  answers: 37, budget: 100, mine: 37, today: 12, pace_per_minute: 11.4, eta_minutes: 5.5, agreement: null, learned: null, waiting: 9, look_again: 0,
};
const trainer: Trainer = {
  phase: "practising", alive: true, updates: 3, of_updates: 60, env_steps: 4096, success: 0.625, waits: false,
};
const state: State = {
  run: "runs/reach-001", folder: null, finished: false, task: "reach", question: "Which?", annotator: "me", role: "owner", page: "p", runs_at: "", can_start: false, clip_seconds: 1.5,
  control_dt: 0.05, settings: { show_success: true, show_guess: false, strengths: true }, progress, trainer, meter: null, scene: null, change: null, settling: null, wishes: 0, understood: null,
};

describe("words", () => {
  it.each<[Partial<Progress>, string]>([
    [{}, "about 6 min to go"],
    [{ eta_minutes: 0.4 }, "less than a minute to go"],
    [{ eta_minutes: 150 }, "about 2.5 h to go"],
    [{ eta_minutes: 1500 }, "about 25 h to go"],
    [{ eta_minutes: null }, ""],
    [{ eta_minutes: Number.POSITIVE_INFINITY }, ""],
    [{ eta_minutes: -1 }, ""],
    [{ answers: 100 }, "all answers given"],
    [{ budget: null, eta_minutes: null }, ""],
  ])("tells the time to go for %o", (change, text) => {
    expect(etaText({ ...progress, ...change })).toBe(text);
  });

  it("counts with and without a budget, and with a pace or without", () => {
    expect(countText(progress)).toBe("37 of 100");
    expect(countText({ ...progress, budget: null })).toBe("37 answers");
    expect(paceText(progress)).toBe("12 today · 11 a minute");
    expect(paceText({ ...progress, pace_per_minute: null })).toBe("12 today");
  });

  it("tells what the newest answers did", () => {
    const told = { agreement: { agree: 14, of: 20 }, learned: { answers: 4, changed: 2 } };
    expect(agreementText({ ...progress, ...told })).toBe("The model had expected 14 of the last 20 answers. Of the last 4, 2 changed something.");
    expect(agreementText(progress)).toBe("");
    expect([[4, 0], [4, 4], [1, 0], [1, 1]].map(([answers, changed]) => agreementText({ ...progress, learned: { answers: answers!, changed: changed! } })))
      .toEqual(["Of the last 4, none changed anything.", "Of the last 4, all changed something.", "The last answer was as expected.", "The last answer changed something."]);
  });

  it("does not call a trainer busy that has gone", () => {
    expect(armText(trainer)).toBe("The arm is practising");
    expect(armText({ ...trainer, alive: false })).toBe("Training has stopped");
    expect(armText({ ...trainer, phase: "done", alive: false })).toBe("Training is done");
  });

  it("hides the success where the owner hides it", () => {
    expect(successText(state)).toBe("63 % success");
    expect(successText({ ...state, settings: { ...state.settings, show_success: false } })).toBe("");
    expect(successText({ ...state, trainer: { ...trainer, success: null } })).toBe("");
  });

  it("quotes a run's path for the shell", () => {
    expect(resumeCommand("runs/reach-001")).toBe("armchair resume runs/reach-001");
    expect(resumeCommand("my runs/it's")).toBe("armchair resume 'my runs/it'\\''s'");
  });

  it("describes clips by their length alone", () => {
    expect(clipText("Left", 31, 0.05)).toBe("Left clip, 1.5 seconds of the arm moving");
  });
});

describe("situation", () => {
  const now: Situation = { state, reason: null, showing: false, offline: false, expired: false, unsent: 0 };
  it.each<[string, Partial<Situation>, string]>([
    ["first moment", { state: null }, "Opening"],
    ["empty", { reason: "empty" }, "The arm is practising"],
    ["budget", { reason: "budget", state: { ...state, progress: { ...progress, answers: 100 } } }, "That’s all for now, thank you"],
    ["paused", { reason: "paused" }, "Paused"],
    ["done", { reason: "done", state: { ...state, trainer: { ...trainer, phase: "done" }, progress: { ...progress, answers: 100 } } }, "Not there yet"],
    ["ended by its owner", { offline: true, state: { ...state, finished: true } }, "Finished"],
    ["read-only", { reason: "read_only" }, "This run is read-only"],
    ["offline", { offline: true, unsent: 2 }, "The server cannot be reached"],
    ["expired", { expired: true, showing: true, unsent: 2 }, "Please sign in again"],
    ["trainer gone", { reason: "empty", state: { ...state, trainer: { ...trainer, alive: false } } }, "Training has stopped"],
    ["label without trainer", { reason: "empty", state: { ...state, trainer: { ...trainer, phase: "none", alive: false } } }, "No pairs are waiting"],
  ])("has a friendly card for: %s", (_, change, title) => {
    expect(cardOf({ ...now, ...change })?.title).toBe(title);
  });

  it("leaves the clips alone while there is something to answer", () => {
    expect(cardOf({ ...now, showing: true, offline: true })).toBeNull();
    expect(bannerOf({ ...now, showing: true, offline: true })?.text).toContain("answers are kept");
    const gone = { ...state, trainer: { ...trainer, alive: false } };
    expect(bannerOf({ ...now, showing: true, state: gone })?.command).toBe("armchair resume runs/reach-001");
  });

  it("counts what is not saved yet", () => {
    expect([savedOf(0, false), savedOf(3, false), savedOf(3, true)].map((one) => one.text))
      .toEqual(["Saved", "Saving 3", "Offline · 3 kept"]);
    expect(cardOf({ ...now, expired: true, unsent: 2 })?.lines[0]).toContain("2 answers are kept");
  });
});

describe("keys", () => {
  const press = (key: string, more: Partial<KeyPress> = {}): KeyPress =>
    ({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...more });

  it.each<[string, string]>([
    ["ArrowLeft", "left"], ["ArrowRight", "right"], ["ArrowDown", "tie"], ["ArrowUp", "cant_tell"], ["b", "both_bad"], ["B", "both_bad"],
  ])("%s answers %s", (key, choice) => {
    expect(actionOf(press(key))).toMatchObject({ do: "answer", choice, much: false });
  });

  it("says of a pair what is known, and nothing else", () => {
    expect([pairText(true, false), pairText(null, false)]).toEqual(["", ""]);
    expect(pairText(false, false)).toBe("The two begin differently");
    expect(pairText(false, true)).toContain("half speed");
  });

  it("knows the others", () => {
    expect(["s", "z", " ", ",", ".", "x", "v", "?", "h"].map((key) => actionOf(press(key))?.do))
      .toEqual(["skip", "undo", "pause", "nudge", "nudge", "swap", "exchange", "help", "history"]);
  });

  it("answers once for a key that is held down, and says much with Shift", () => {
    expect(actionOf(press("ArrowLeft", { repeat: true }))).toBeNull();
    expect(actionOf(press("z", { repeat: true }))).toBeNull();
    expect(actionOf(press(".", { repeat: true }))).not.toBeNull();
    expect(actionOf(press("ArrowLeft", { shiftKey: true }))).toMatchObject({ much: true });
  });

  it("leaves the browser its own keys", () => {
    expect(actionOf(press("ArrowLeft", { altKey: true }))).toBeNull();
    expect(actionOf(press("s", { ctrlKey: true }))).toBeNull();
    expect(actionOf(press("z", { metaKey: true }))).toBeNull();
    expect(actionOf(press("Tab"))).toBeNull();
  });
});

describe("gestures", () => {
  const track = { dx: 0, dy: 0, ms: 100, touch: true, fingers: 1, at: 0.2 };
  it("takes a tap for the clip under it and a swipe for its direction", () => {
    expect(sideOf(track)).toBe("left");
    expect(sideOf({ ...track, at: 0.7 })).toBe("right");
    expect(sideOf({ ...track, dx: 90 })).toBe("right");
    expect(sideOf({ ...track, dx: -90, at: 0.9 })).toBe("left");
  });

  it("takes nothing from slow presses, slanted or short swipes, two fingers, drags of the mouse", () => {
    const none = [{ ms: 900 }, { dx: 90, dy: 80 }, { dx: 30 }, { dx: 90, fingers: 2 }, { dx: 90, touch: false }];
    expect(none.map((change) => sideOf({ ...track, ...change }))).toEqual([null, null, null, null, null]);
  });
});

describe("uuid", () => {
  it("is a version 4 UUID also where the browser makes none", () => {
    const real = crypto.randomUUID;
    Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
    try {
      expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    } finally {
      Object.defineProperty(crypto, "randomUUID", { value: real, configurable: true });
    }
  });
});
