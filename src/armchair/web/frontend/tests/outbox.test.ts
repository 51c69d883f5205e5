import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused, Unreachable } from "../src/api";
import type { AnswerBody } from "../src/contract";
import { Outbox, type OutboxEvents } from "../src/label/outbox";
import { FakeClient, FakeShelf, settle, type Handler } from "./doubles";

function answer(id: string): AnswerBody {
  return { id, question: `q-${id}`, choice: "left", strength: 1, seconds: 1, swapped: false, page: "p" };
}

const saved: Handler = () => ({ saved: true, new: true, guess: null });
const away: Handler = () => { throw new Unreachable("away"); };

function setUp(handler: Handler, shelf = new FakeShelf(), owner = "run.me") {
  const client = new FakeClient(handler);
  const told = { saved: [] as string[], dropped: [] as string[], expired: 0 };
  const events: OutboxEvents = {
    changed: () => undefined,
    saved: (one) => told.saved.push(one.id),
    dropped: (one) => told.dropped.push(one.id),
    expired: () => { told.expired += 1; },
  };
  return { client, shelf, told, outbox: new Outbox(client, shelf, owner, events) };
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe("outbox", () => {
  it("keeps an answer until the server has said that it is saved", async () => {
    let release: (reply: unknown) => void = () => undefined;
    const { outbox, shelf, told } = setUp(() => new Promise((resolve) => { release = resolve; }));
    outbox.put(answer("a"));
    expect(shelf.length).toBe(1); // before anything was awaited: the tab may close now
    await settle();
    expect(outbox.waiting).toBe(1);
    release({ saved: true, new: true, guess: null });
    await settle();
    expect(shelf.length).toBe(0);
    expect(told.saved).toEqual(["a"]);
  });

  it("sends again with the same id when the network was away, in order", async () => {
    const { outbox, client, told } = setUp(away);
    outbox.put(answer("a"));
    outbox.put(answer("b"));
    await settle();
    expect(outbox.offline).toBe(true);
    client.handler = saved;
    await vi.advanceTimersByTimeAsync(600);
    expect(told.saved).toEqual(["a", "b"]);
    expect(outbox.offline).toBe(false);
    expect(client.to("/api/answers").map((body) => (body as AnswerBody).id)).toEqual(["a", "a", "b"]);
  });

  it("sends what an earlier visit left behind", async () => {
    const first = setUp(away);
    first.outbox.put(answer("a"));
    first.outbox.put(answer("b"));
    await settle();
    const second = setUp(saved, first.shelf);
    expect(second.outbox.waiting).toBe(2);
    await second.outbox.flush();
    expect(second.told.saved).toEqual(["a", "b"]);
    expect(first.shelf.length).toBe(0);
  });

  it("leaves the answers of other runs and people alone", async () => {
    const other = setUp(away, new FakeShelf(), "other.run");
    other.outbox.put(answer("a"));
    await settle();
    const mine = setUp(saved, other.shelf);
    await mine.outbox.flush();
    expect(mine.client.calls).toEqual([]);
    expect(other.shelf.length).toBe(1);
  });

  it("takes the same answer once", async () => {
    const { outbox, client } = setUp(saved);
    outbox.put(answer("a"));
    outbox.put(answer("a"));
    await settle();
    expect(client.calls.length).toBe(1);
  });

  it("drops what the server will never take, and goes on with the next", async () => {
    const { outbox, shelf, told } = setUp((_, body) => {
      if ((body as AnswerBody).id === "a") throw new Refused(409, "answered", "answered already");
      return saved("", null);
    });
    outbox.put(answer("a"));
    outbox.put(answer("b"));
    await settle();
    expect(told.dropped).toEqual(["a"]);
    expect(told.saved).toEqual(["b"]);
    expect(shelf.length).toBe(0);
  });

  it.each([500, 503, 429])("keeps the answer when the server says %i", async (status) => {
    const { outbox, shelf, told } = setUp(() => { throw new Refused(status, "", "later"); });
    outbox.put(answer("a"));
    await settle();
    expect(told.dropped).toEqual([]);
    expect(shelf.length).toBe(1);
    expect(outbox.offline).toBe(true);
  });

  it("stops at the end of the session, keeps everything and goes on after signing in", async () => {
    const { outbox, client, shelf, told } = setUp(() => { throw new Refused(401, "session", "no session"); });
    outbox.put(answer("a"));
    await settle();
    expect(told.expired).toBe(1);
    outbox.put(answer("b"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.calls.length).toBe(1); // no knocking at a closed door
    expect(shelf.length).toBe(2);
    client.handler = saved;
    outbox.resume();
    await settle();
    expect(told.saved).toEqual(["a", "b"]);
  });

  it("works without storage and with a full one", async () => {
    const full = new FakeShelf();
    full.setItem = () => { throw new Error("quota"); };
    const { outbox, told } = setUp(saved, full);
    outbox.put(answer("a"));
    await settle();
    expect(told.saved).toEqual(["a"]);
  });

  it("passes over half an entry", () => {
    const shelf = new FakeShelf();
    shelf.setItem("armchair.outbox.run.me.x", "{\"at\": 1, \"ans");
    expect(setUp(saved, shelf).outbox.waiting).toBe(0);
  });

  it("waits for what is under way, and says so when that cannot be", async () => {
    const online = setUp(saved);
    online.outbox.put(answer("a"));
    await expect(online.outbox.drained()).resolves.toBeUndefined();
    const offline = setUp(away);
    offline.outbox.put(answer("a"));
    await expect(offline.outbox.drained()).rejects.toThrow("offline");
  });
});
