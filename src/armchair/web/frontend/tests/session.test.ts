import { describe, expect, it } from "vitest";
import { Unreachable } from "../src/api";
import type { AnswerBody } from "../src/contract";
import { Outbox } from "../src/label/outbox";
import { PairQueue, type Ready } from "../src/label/queue";
import { Session } from "../src/label/session";
import { mirrored, unswapped } from "../src/label/sides";
import { FakeClient, FakeClips, FakeShelf, pair, queueEvents, settle, type Handler } from "./doubles";

async function setUp(names: string[], more: Handler = () => undefined) {
  let clock = 0;
  let made = 0;
  const client = new FakeClient((url, body) => {
    if (url === "/api/pairs") return { pairs: names.map(pair), reason: names.length ? null : "empty" };
    if (url === "/api/answers") return { saved: true, new: true, guess: null };
    return more(url, body);
  });
  const notices: string[] = [];
  const shown: (string | null)[] = [];
  const queue = new PairQueue(client, new FakeClips(), queueEvents());
  const outbox = new Outbox(client, new FakeShelf(), "r.me",
    { changed() {}, saved() {}, dropped() {}, expired() {} });
  const session = new Session(client, queue, outbox,
    { show: (ready: Ready) => shown.push(ready.pair.question), empty: () => shown.push(null) },
    { answered() {}, undone: (choice) => notices.push(`undone ${choice}`), notice: (text) => notices.push(text), expired() {} },
    () => clock, () => `id-${++made}`);
  await queue.fill();
  session.next();
  const sent = (): AnswerBody[] => client.to("/api/answers") as AnswerBody[];
  return { client, session, queue, shown, notices, sent, pass: (ms: number) => { clock += ms; } };
}

describe("sides", () => {
  it("mirrors left and right and nothing else", () => {
    expect(["left", "right", "tie", "both_bad", "cant_tell"].map((one) => mirrored(one as "left")))
      .toEqual(["right", "left", "tie", "both_bad", "cant_tell"]);
    expect([unswapped("left", true), unswapped("left", false)]).toEqual(["right", "left"]);
  });
});

describe("session", () => {
  it("has the next pair on the screen before the answer is sent", async () => {
    const { session, shown, sent, pass } = await setUp(["a", "b"]);
    pass(1500);
    session.answer("left");
    expect(shown).toEqual(["a", "b"]);
    await settle();
    expect(sent()[0]).toMatchObject({ id: "id-1", question: "a", choice: "left", seconds: 1.5, swapped: false, strength: 1 });
  });

  it("speaks of the question's own sides when they were swapped, for this pair only", async () => {
    const { session, sent } = await setUp(["a", "b"]);
    session.swap();
    session.answer("left");
    session.answer("left");
    await settle();
    expect(sent().map(({ choice, swapped }) => [choice, swapped])).toEqual([["right", true], ["left", false]]);
  });

  it("gives strength to left and right only, and forgets it with the pair", async () => {
    const { session, sent } = await setUp(["a", "b", "c", "d"]);
    session.strength = 0.5;
    session.answer("right");
    session.answer("right", true);
    session.strength = 2;
    session.answer("tie");
    session.answer("right");
    await settle();
    expect(sent().map(({ strength }) => strength)).toEqual([0.5, 2, 1, 1]);
  });

  it("answers nothing when nothing is there", async () => {
    const { session, shown, sent } = await setUp([]);
    expect(session.answer("left")).toBe(false);
    expect(shown).toEqual([null]);
    expect(sent()).toEqual([]);
  });

  it("undoes again and again, and puts what was on the screen back in front", async () => {
    const stack = ["b", "a"];
    const { session, shown, queue, notices } = await setUp(["a", "b", "c"], (url) => {
      if (url !== "/api/undo") return undefined;
      const question = stack.shift()!;
      return { undone: { question, choice: "left" }, pair: pair(question) };
    });
    session.answer("left");
    session.answer("left");
    await session.undo();
    await session.undo();
    expect(shown).toEqual(["a", "b", "c", "b", "a"]);
    expect(queue.held(session.current)).toEqual(["a", "b", "c"]);
    expect(notices).toEqual(["undone left", "undone left"]);
  });

  it("says when there is nothing to undo and when the server is away", async () => {
    let reply: () => unknown = () => ({ undone: null, pair: null });
    const { session, notices } = await setUp(["a"], () => reply());
    await session.undo();
    reply = () => { throw new Unreachable("away"); };
    await session.undo();
    expect(notices[0]).toBe("There is nothing to undo.");
    expect(notices[1]).toContain("cannot be reached");
    expect(session.current?.pair.question).toBe("a");
  });

  it("gives everything back that it holds when the page goes away", async () => {
    const { session, client, queue } = await setUp(["a", "b", "c"]);
    session.answer("left");
    session.leave();
    expect(client.to("/api/release")).toEqual([{ questions: ["b", "c"], ends: queue.visit, keeps: ["a"] }]);
    await settle();
    session.leave();
    expect(client.to("/api/release")[1]).toMatchObject({ questions: ["b", "c"], keeps: [] });
  });

  it("says goodbye also when it holds nothing, for a request may be under way", async () => {
    const { session, client, queue } = await setUp([]);
    session.leave();
    expect(client.to("/api/release")).toEqual([{ questions: [], ends: queue.visit, keeps: [] }]);
  });
});
