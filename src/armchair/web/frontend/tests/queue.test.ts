import { describe, expect, it } from "vitest";
import { Refused, Unreachable } from "../src/api";
import { AHEAD, PairQueue } from "../src/label/queue";
import { clip, FakeClient, FakeClips, pair, queueEvents, settle, type Handler } from "./doubles";

function setUp(handler: Handler) {
  const client = new FakeClient(handler);
  const clips = new FakeClips();
  const events = queueEvents();
  return { client, clips, events, queue: new PairQueue(client, clips, events) };
}

const offer = (...names: string[]): Handler => (url) =>
  url === "/api/pairs" ? { pairs: names.map(pair), reason: names.length ? null : "empty" } : undefined;

describe("a round that is over", () => {
  it("gives back the pair on the screen, those that are ready and those on their way", async () => {
    let there: (reply: unknown) => void = () => undefined;
    const client = new FakeClient((url) => (url === "/api/pairs" ? new Promise((done) => { there = done; }) : undefined));
    const queue = new PairQueue(client, new FakeClips(), queueEvents());
    void queue.fill();
    there({ pairs: [pair("a"), pair("b")], reason: null });
    await settle();
    const first = queue.take();
    void queue.fill();
    queue.giveBack(first);
    there({ pairs: [pair("c")], reason: null });
    await settle();
    expect(queue.length).toBe(0);
    expect(client.to("/api/release")).toEqual([{ questions: ["a", "b"] }, { questions: ["c"] }]);
    void queue.fill();
    there({ pairs: [pair("a")], reason: null });
    await settle();
    expect(queue.length, "it may come again").toBe(1);
  });
});

describe("queue of pairs", () => {
  it("asks for eight and hands them out in order", async () => {
    const { queue, client } = setUp(offer("a", "b", "c"));
    await queue.fill();
    expect(client.to("/api/pairs")).toEqual([{ want: AHEAD, visit: queue.visit }]);
    expect([queue.take(), queue.take(), queue.take(), queue.take()].map((one) => one?.pair.question))
      .toEqual(["a", "b", "c", undefined]);
  });

  it("never shows a pair twice while its answer is under way", async () => {
    const { queue } = setUp(offer("a", "b"));
    await queue.fill();
    const first = queue.take()!;
    queue.retire(first);
    await queue.fill(); // the server still counts "a" among those held
    expect(queue.held(null)).toEqual(["b"]);
  });

  it("never shows a pair that was answered before the tab was closed, though the server does not know yet", async () => {
    const { queue, events } = setUp(offer("a", "b"));
    events.under.add("a");
    await queue.fill();
    expect(queue.held(null)).toEqual(["b"]);
  });

  it("joins a request that is under way", async () => {
    const { queue, client } = setUp(offer("a"));
    await Promise.all([queue.fill(), queue.fill(), queue.fill()]);
    expect(client.to("/api/pairs").length).toBe(1);
  });

  it("tells why there is nothing", async () => {
    const { queue, client } = setUp(offer());
    await queue.fill();
    expect([queue.take(), queue.reason]).toEqual([null, "empty"]);
    client.handler = () => { throw new Unreachable("away"); };
    await queue.fill();
    expect(queue.offline).toBe(true);
    client.handler = offer("a");
    await queue.fill();
    expect([queue.offline, queue.reason, queue.length]).toEqual([false, null, 1]);
  });

  it("reports the end of the session", async () => {
    const { queue, events } = setUp(() => { throw new Refused(401, "session", ""); });
    await queue.fill();
    expect(events.expiredCount).toBe(1);
  });

  it("gives a skipped pair back and shows it again only after the others", async () => {
    const { queue, client } = setUp(offer("a"));
    await queue.fill();
    const first = queue.take()!;
    client.handler = offer("a", "b");
    queue.skip(first);
    await settle();
    expect(client.to("/api/release")).toEqual([{ questions: ["a"] }]);
    expect(queue.held(null)).toEqual(["b", "a"]);
  });

  it("gives back a pair whose clips cannot be shown, once", async () => {
    const { queue, client, clips, events } = setUp(offer("a", "b"));
    clips.broken.add("a-r");
    await queue.fill();
    await queue.fill();
    expect(queue.held(null)).toEqual(["b"]);
    expect(client.to("/api/release")).toEqual([{ questions: ["a"] }]);
    expect(events.why).toEqual(["broken"]);
  });

  it("reopens a pair from memory, and frees clips that are three pairs old", async () => {
    const { queue, clips } = setUp(offer("a", "b", "c", "d"));
    await queue.fill();
    for (let k = 0; k < 4; k++) queue.retire(queue.take()!);
    expect(clips.freed).toEqual(["a-l", "a-r"]);
    const again = await queue.reopen(pair("d"));
    expect(again.pair.question).toBe("d");
    queue.unshift(again);
    expect(queue.take()!.pair.question).toBe("d");
  });

  it("shows both clips as films when one is a film", async () => {
    const mixed = { ...pair("a"), right: clip("a-r", "film") };
    const { queue, clips } = setUp((url) => (url === "/api/pairs" ? { pairs: [mixed], reason: null } : undefined));
    await queue.fill();
    expect(clips.films).toEqual(["a-l", "a-r"]);
  });

  it("holds what is on the screen and what waits", async () => {
    const { queue } = setUp(offer("a", "b"));
    await queue.fill();
    expect(queue.held(queue.take())).toEqual(["a", "b"]);
  });

  it("holds what was given to it though its clips are still on their way", async () => {
    const { queue, clips } = setUp(offer("a", "b"));
    const load = clips.load.bind(clips);
    clips.load = (ref, film) => (ref.id.startsWith("b") ? new Promise(() => undefined) : load(ref, film));
    void queue.fill();
    await settle();
    expect(queue.held(queue.take())).toEqual(["a", "b"]);
  });
});
