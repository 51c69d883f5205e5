import { describe, expect, it } from "vitest";
import type { Choice, HistoryRow } from "../src/contract";
import { Refused, Unreachable } from "../src/api";
import { Review } from "../src/standing/review";
import { SecondLook, summary } from "../src/standing/second_look";
import { clip, FakeClient, FakeClips } from "./doubles";

const row = (id: string, choice: Choice = "left"): HistoryRow => ({
  id, seq: 1, question: "q", choice, strength: 1, seconds: 1, created: 0, annotator: "me",
  left: clip(`${id}-l`), right: clip(`${id}-r`), can_flip: true, guess: null, wish: null, asks: null,
});
interface Sent { answer: string; choice: Choice | null; id: string }
/** Answers as the server does: another choice has another id. */
const server = (fault: () => Error | null = () => null): FakeClient => new FakeClient((_, body) => {
  const wrong = fault();
  if (wrong) throw wrong;
  const { answer, choice, id } = body as Sent;
  return { answer: choice === null ? row(answer) : row(id, choice) };
});
const sent = (client: FakeClient): Sent[] => client.to("/api/look-again") as Sent[];

describe("a second look", () => {
  it("keeps an answer or gives another in its place, and may change its mind", async () => {
    const client = server();
    const look = new SecondLook(client, row("a"));
    expect(look.told).toBe("You answered: left");
    await look.answer(null);
    expect([look.told, look.changed, look.row.id]).toEqual(["Kept: left", false, "a"]);
    await look.answer("right");
    expect([look.told, look.changed, look.row.id]).toEqual(["Changed to right", true, sent(client)[1]!.id]);
    await look.answer("tie");
    expect(sent(client)[2]!.answer).toBe(sent(client)[1]!.id);
    expect(summary([look, new SecondLook(client, row("b"))])).toBe("Thank you. 1 of 1 changed.");
  });

  it("is as it was where the server cannot be reached, and sends the same once more", async () => {
    let away = true;
    const client = server(() => (away ? new Unreachable("away") : null));
    const look = new SecondLook(client, row("a"));
    await expect(look.answer("tie")).rejects.toThrow("away");
    expect([look.done, look.row.choice]).toEqual([false, "left"]);
    away = false;
    await look.answer("tie");
    expect(sent(client)[0]!.id).toBe(sent(client)[1]!.id);
  });

  it("is over where the answer was taken back meanwhile", async () => {
    const look = new SecondLook(server(() => new Refused(404, "not_found", "gone")), row("a"));
    await look.answer("right");
    expect([look.done, look.changed, look.told]).toEqual([true, false, "This answer was taken back"]);
  });

  it("says what came of all", () => {
    const [a, b] = [new SecondLook(server(), row("a")), new SecondLook(server(), row("b"))];
    expect(summary([a, b])).toBe("");
    a.done = true;
    expect(summary([a, b])).toBe("Thank you. It stays as it was.");
    b.done = true;
    expect(summary([a, b])).toBe("Thank you. All stay as they were.");
  });
});

describe("an old pair", () => {
  it("is put on the stage, flipped, and leaves it", async () => {
    const shown: string[] = [];
    const told: string[] = [];
    let left = 0;
    const review = new Review(new FakeClips(), { review: (id) => shown.push(id) }, async (old) => ({ ...old, choice: "right" }), {
      changed: () => undefined, left: () => { left += 1; }, notice: (text) => told.push(text), failed: () => undefined,
    });
    await review.look(row("c"));
    expect((await review.flip(row("c")))?.choice).toBe("right");
    expect([review.row?.choice, shown, told.length]).toEqual(["right", ["c"], 1]);
    expect([review.close(), review.close(), left]).toEqual([true, false, 1]);
  });
});
