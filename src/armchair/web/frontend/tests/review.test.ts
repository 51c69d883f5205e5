import { describe, expect, it } from "vitest";
import type { HistoryRow } from "../src/contract";
import { Unreachable } from "../src/api";
import { Review } from "../src/standing/review";
import { clip, FakeClient, FakeClips } from "./doubles";

const row = (id: string): HistoryRow => ({
  id, seq: 1, question: `q-${id}`, choice: "left", strength: 1, seconds: 1, created: 0, annotator: "me",
  left: clip(`${id}-l`), right: clip(`${id}-r`), can_flip: true, guess: null,
});

function scene(handler = (url: string): unknown => (url === "/api/look-again" ? { rows: [row("a"), row("b")] } : {})): {
  review: Review; server: FakeClient; shown: string[]; told: string[]; left: () => number;
} {
  const [shown, told]: string[][] = [[], []];
  let left = 0;
  const server = new FakeClient(handler);
  const review = new Review(server, new FakeClips(), { review: (id) => shown!.push(id) }, async (old) => ({ ...old, choice: "right" }), {
    changed: () => undefined, left: () => { left += 1; }, notice: (text) => told!.push(text),
    failed: (error) => told!.push((error as Error).message),
  });
  return { review, server, shown: shown!, told: told!, left: () => left };
}
const sent = (server: FakeClient): unknown[] =>
  server.to("/api/look-again").filter(Boolean).map((body) => { const { answer, choice } = body as { answer: string; choice: string }; return [answer, choice]; });

describe("a second look", () => {
  it("goes through the answers one by one, keeps and changes them, and ends", async () => {
    const { review, server, shown, told, left } = scene();
    await review.lookAgain();
    expect([review.asks, review.given, shown]).toEqual([true, "left", ["a"]]);
    await review.answer(null);
    await review.answer("right");
    expect(sent(server)).toEqual([["a", null], ["b", "right"]]);
    expect([review.asks, review.row, left(), shown]).toEqual([false, null, 1, ["a", "b"]]);
    expect(told).toEqual(["Thank you. 1 of 2 changed."]);
  });

  it("speaks of the sides as they lie on the screen", async () => {
    const { review, server } = scene();
    await review.lookAgain();
    review.swapped = true;
    expect(review.given).toBe("right");
    await review.answer("left");
    expect(sent(server)).toEqual([["a", "right"]]);
  });

  it("leaves the pair on the stage where the server cannot be reached, and sends the same once more", async () => {
    let away = true;
    const { review, server, shown } = scene((url) => {
      if (server.calls.at(-1)?.body && away) throw new Unreachable("away");
      return url === "/api/look-again" ? { rows: [row("a"), row("b")] } : {};
    });
    await review.lookAgain();
    await review.answer("tie");
    expect([review.row?.id, shown]).toEqual(["a", ["a"]]);
    away = false;
    await review.answer("tie");
    expect(review.row?.id).toBe("b");
    const ids = server.to("/api/look-again").filter(Boolean).map((body) => (body as { id: string }).id);
    expect(ids[0]).toBe(ids[1]);
  });

  it("can be put off, and old pairs from the history take no answer", async () => {
    const { review, server, left } = scene();
    await review.lookAgain();
    expect(review.close()).toBe(true);
    expect([review.close(), left()]).toEqual([false, 1]);
    await review.look(row("c"));
    expect([review.asks, review.given]).toEqual([false, null]);
    await review.answer("right");
    expect(sent(server)).toEqual([]);
    expect((await review.flip(row("c")))?.choice).toBe("right");
    expect(review.row?.choice).toBe("right");
  });

  it("says so where there is nothing", async () => {
    const { review, told } = scene(() => ({ rows: [] }));
    await review.lookAgain();
    expect([told, review.row]).toEqual([["There is nothing to look at again."], null]);
  });
});
