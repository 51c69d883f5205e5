import { describe, expect, it, vi } from "vitest";
import type { Progress, Settling, State, Trainer } from "../src/contract";
import { answersText, readChange } from "../src/standing/change_data";
import { Owner } from "../src/standing/deeds";
import { ending, moreOf, type Deeds } from "../src/standing/ending";
import { FakeClient } from "./doubles";

const progress: Progress = {
  answers: 30, budget: 30, mine: 30, today: 30, pace_per_minute: null, eta_minutes: null, agreement: null, learned: null, waiting: 0, look_again: 0,
};
const trainer: Trainer = { phase: "done", alive: true, updates: 45, of_updates: 45, env_steps: 9999, success: 0, waits: true };
const meter = { verdict: "improving" as const, wins: 8, ties: 0, losses: 1, more: 0, done: false, text: "It is getting better." };
const state: State = {
  run: "reach-001", folder: "runs/reach-001", runs_at: "", can_start: false, finished: false, task: "reach", question: "Which?", annotator: "me",
  role: "owner", page: "p", clip_seconds: 1, control_dt: 0.05, settings: { show_success: true, show_guess: false, strengths: true },
  progress, trainer, meter, scene: null, change: null, settling: null, wishes: 0, understood: null,
};
const deeds: Deeds = { more: vi.fn(), goOn: vi.fn(), finish: vi.fn(), settle: vi.fn(), useOlder: vi.fn() };
const at = (more: Partial<Trainer>, rest: Partial<State> = {}): State => ({ ...state, ...rest, trainer: { ...trainer, ...more } });
const labels = (one: State): string[] => (ending(one, deeds)?.actions ?? []).map((action) => action.label);

describe("the end of a run of wishes", () => {
  const settling: Settling = { on: false, given: 0, of: 40, outcome: "unknown", wins: 0, ties: 0, losses: 0, older: 0, newest: 40, older_success: 0.98, used: false, can_use: true };
  const wished = (round: Partial<Settling>, more: Partial<typeof meter> = {}): State =>
    at({ success: 0.97 }, { wishes: 1, settling: { ...settling, ...round }, meter: { ...meter, verdict: "unknown" as never, more: 25, ...more } });

  it("is not told by success, and is to be found out by comparisons with the skill alone", () => {
    const end = ending(wished({}), deeds);
    expect(end?.title).toBe("Is it what you wished?");
    expect(end?.lines.join(" ")).toContain("the arm with it and the skill alone, blind");
    expect(labels(wished({}))).toEqual(["30 more answers", "Compare 25 more pairs blind", "Finish"]);
    expect(ending(wished({ given: 40, wins: 22, losses: 18 }), deeds)?.lines.join(" ")).toContain("the arm with your wish won 22, the skill alone 18");
  });

  it("is done where the wish is met, and without it where the skill alone was preferred", () => {
    const met = wished({ given: 7, wins: 7 }, { verdict: "improving", done: true, text: "It does what you wish. You may be done." });
    expect(ending(met, deeds)).toMatchObject({ title: "It does what you wish", lines: ["It does what you wish. You may be done.", "The arm succeeds in 97 % of its tries.", expect.any(String)] });
    expect(labels(met)).not.toContain("Compare 25 more pairs blind");
    const worse = wished({ given: 9, losses: 8, ties: 1, outcome: "older" });
    expect(ending(worse, deeds)?.title).toBe("It was better without");
    expect(labels(worse)).toContain("Use the skill alone");
    expect(ending(wished({ used: true }), deeds)?.title).toBe("The skill alone is in use");
  });
});

describe("the end of a run", () => {
  it("is a success where the arm can do it", () => {
    const end = ending(at({ success: 0.97 }), deeds);
    expect(end?.title).toBe("The arm can do it");
    expect(end?.lines[0]).toBe("After 30 answers it succeeds in 97 % of its tries. Thank you.");
    expect(labels(at({ success: 0.97 }))).toEqual(["30 more answers", "Finish"]);
  });

  it("says what is known and what helps where the arm cannot do it yet", () => {
    const end = ending(at({ success: 0.22 }, { progress: { ...progress, agreement: { agree: 9, of: 20 } } }), deeds);
    expect(end?.title).toBe("Not there yet");
    const told = end?.lines.join(" ");
    for (const words of ["22 % of its tries", "getting better", "Only 9 of the last 20", "both views"]) expect(told).toContain(words);
    expect(labels(at({ success: 0.22 }))).toEqual(["30 more answers", "Finish"]);
    expect(ending(at({ success: 0.7 }), deeds)?.lines.join(" ")).not.toContain("both views");
  });

  it("leaves the verdict to the person where nobody knows success, unless the newest wins no more", () => {
    expect(ending(at({ success: null }), deeds)?.title).toBe("Is it what you wanted?");
    const hidden = { settings: { ...state.settings, show_success: false } };
    expect(ending(at({ success: 0 }, hidden), deeds)?.title).toBe("Is it what you wanted?");
    const settled = { meter: { ...meter, verdict: "settled" as const, done: true, text: "It has stopped getting better." } };
    expect(ending(at({ success: null }, settled), deeds)?.lines).toEqual(["It has stopped getting better."]);
  });

  it("is not there yet while the arm still learns, and says so", () => {
    const end = ending(at({ phase: "practising", updates: 40 }), deeds);
    expect(end?.title).toBe("That’s all for now, thank you");
    expect(end?.lines[0]).toContain("round 40 of 45");
    expect(end?.busy).toBe(true);
    expect(ending(at({ phase: "practising" }, { progress: { ...progress, budget: 60 } }), deeds)).toBeNull();
  });

  it("gives the exact command where the trainer is gone, and a button where the server can start one", () => {
    const gone = at({ phase: "practising", alive: false });
    expect(ending(gone, deeds)).toMatchObject({ title: "Training has stopped", command: "armchair resume runs/reach-001" });
    expect(labels({ ...gone, can_start: true })).toEqual(["Go on"]);
    const raised = { progress: { ...progress, budget: 60 } };
    expect(ending(at({ waits: false }, raised), deeds)).toMatchObject({ title: "There is more to do", command: "armchair resume runs/reach-001" });
    expect(ending(at({ waits: true }, raised), deeds)).toMatchObject({ title: "It goes on", busy: true });
  });

  it("offers those who do not own the run nothing that they may not do", () => {
    expect(labels({ ...state, role: "annotator" })).toEqual([]);
    expect(ending(at({ phase: "stopped" }, { role: "annotator", folder: null, can_start: true }), deeds)?.command).toBe("armchair resume reach-001");
  });

  it("shows what changed where there is something to see", () => {
    const watch = vi.fn();
    const end = ending(at({ success: 0.97 }), { ...deeds, watch });
    const action = end?.actions?.find((one) => one.label === "Watch it");
    action?.run();
    expect(watch).toHaveBeenCalledOnce();
    expect(ending({ ...state, role: "annotator" }, { ...deeds, watch })?.actions?.map((one) => one.label)).toEqual(["See what changed"]);
  });

  it("has a second look at answers that do not fit the others", () => {
    const again = vi.fn();
    const told = { ...state, progress: { ...progress, look_again: 4 } };
    expect(ending(told, { ...deeds, again })?.actions?.map((one) => one.label)).toEqual(["30 more answers", "Look again at 4", "Finish"]);
    expect(ending(state, { ...deeds, again })?.actions?.map((one) => one.label)).toEqual(["30 more answers", "Finish"]);
  });

  it("asks for about half as many answers again", () => {
    expect([16, 30, 60, 100, 250].map(moreOf)).toEqual([30, 30, 30, 50, 130]);
  });
});

describe("comparisons after the budget", () => {
  const round: Settling = {
    on: false, given: 0, of: 40, outcome: "unknown", wins: 0, ties: 0, losses: 0, older: 20, newest: 60, older_success: 0.9, used: false, can_use: true,
  };
  const unsure = { ...meter, verdict: "unknown" as const, more: 25 };
  const then = (more: Partial<Settling>, rest: Partial<State> = {}): State => at({ success: 0.6 }, { meter: unsure, settling: { ...round, ...more }, ...rest });

  it("are offered while nothing is settled, to the owner", () => {
    expect(labels(then({}))).toEqual(["30 more answers", "Compare 25 more pairs blind", "Finish"]);
    expect(ending(then({}), deeds)?.lines.join(" ")).toContain("Is it settled?");
    expect(labels(then({}, { role: "annotator" }))).toEqual([]);
    expect(labels(then({}, { meter: { ...meter, verdict: "settled", done: true } }))).toEqual(["30 more answers", "Finish"]);
    const half = then({ given: 30, wins: 16, losses: 12, ties: 2 });
    expect(labels(half)).toContain("Go on comparing, 10 more");
    expect(ending(half, deeds)?.lines.join(" ")).toContain("the newest arm won 16, the older one 12. 2 were ties. That is not enough");
    expect(labels(then({ given: 40, wins: 20, losses: 20 }))).toEqual(["30 more answers", "Finish"]);
  });

  it("lead back to the older arm where that was preferred, and on again", () => {
    const worse = then({ given: 9, outcome: "older", wins: 1, losses: 8 });
    expect(ending(worse, deeds)).toMatchObject({ title: "It was better before" });
    expect(ending(worse, deeds)?.lines[0]).toContain("after 20 answers to the one after 60 answers. It succeeds in 90 % of its tries.");
    expect(labels(worse)).toEqual(["Use the older arm", "30 more answers", "Finish"]);
    expect(labels(then({ outcome: "older", can_use: false }))).toEqual(["30 more answers", "Finish"]);
    expect(labels(then({ outcome: "older", used: true }))).toEqual(["Use the newest again", "30 more answers", "Finish"]);
    expect(labels(then({ outcome: "older" }, { role: "annotator" }))).toEqual([]);
  });
});

describe("the arm before and now", () => {
  const packed = (header: object, floats: number): ArrayBuffer => {
    const text = new TextEncoder().encode(JSON.stringify(header).padEnd(64));
    const bytes = new ArrayBuffer(4 + 64 + 4 * floats);
    new DataView(bytes).setUint32(0, 64, true);
    new Uint8Array(bytes).set(text, 4);
    new Float32Array(bytes, 68).forEach((_, k, all) => { all[k] = k; });
    return bytes;
  };

  it("is read as two clips, and refused where it is cut off", () => {
    const found = readChange(packed({ before: 12, now: 30, steps: 2, bodies: 1 }, 28));
    expect([found.before, found.now, found.clips.map((clip) => clip.data[0])]).toEqual([12, 30, [0, 14]]);
    expect(() => readChange(packed({ before: 1, now: 2, steps: 3, bodies: 1 }, 28))).toThrow();
    expect(() => readChange(new ArrayBuffer(2))).toThrow();
    expect([1, 12].map(answersText)).toEqual(["one answer", "12 answers"]);
  });
});

describe("what the owner does", () => {
  const done = async (now: State, deed: (owner: Owner) => void): Promise<[string, unknown][]> => {
    const server = new FakeClient(() => ({}));
    deed(new Owner(server, () => now, (error) => { throw error; }));
    await Promise.resolve();
    return server.calls.map((call): [string, unknown] => [call.url, call.body]);
  };

  it("raises the budget where a trainer waits or works, else has one started", async () => {
    const raised = ["/api/settings", { key: "labels", value: 60 }];
    expect(await done(state, (owner) => owner.more(30))).toEqual([raised]);
    expect(await done(at({ phase: "practising", waits: false }), (owner) => owner.more(30))).toEqual([raised]);
    expect(await done(at({ waits: false }), (owner) => owner.more(30))).toEqual([raised]);
    expect(await done(at({ waits: false }, { can_start: true }), (owner) => owner.more(30))).toEqual([["/api/run/teach-on", { labels: 30 }]]);
    expect(await done(state, (owner) => owner.goOn())).toEqual([["/api/run/teach-on", { labels: 0 }]]);
    expect(await done(state, (owner) => owner.finish())).toEqual([["/api/settings", { key: "finished", value: true }]]);
  });
});
