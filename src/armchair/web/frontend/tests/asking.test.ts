import { describe, expect, it } from "vitest";
import type { Asked } from "../src/contract";
import { Asking, asksOf } from "../src/label/asking";
import { askedAgain, relationText } from "../src/label/words";
import { percent, wishText } from "../src/standing/wishes";

const OWN = "Which one is nearer?";
const HIGH: Asked = { wish: "high", asks: "Which one is higher?" };
const SKILL: Asked = { wish: null, asks: null };
const pair = (question: string, about: Asked) => ({ question, ...about });

function setUp() {
  const news: string[] = [];
  let now: [string, boolean] = ["", false];
  const asking = new Asking({ shown: (text, fresh) => { now = [text, fresh]; }, changed: (text) => news.push(text) });
  return { asking, news, now: () => now };
}

describe("what is asked", () => {
  it("is the run's question before there is a pair, and the pair's own from then on", () => {
    const { asking, news, now } = setUp();
    asking.show(OWN, null, null);
    expect(now()).toEqual([OWN, false]);
    asking.show(OWN, pair("a", HIGH), null);
    expect(now()).toEqual([HIGH.asks, false]);
    expect(news).toEqual([]); // nothing was asked before
  });

  it("is told where it changes, once, and marked for as long as that pair is there", () => {
    const { asking, news, now } = setUp();
    asking.show(OWN, pair("a", SKILL), null);
    asking.show(OWN, pair("b", SKILL), null);
    expect([now(), news]).toEqual([[OWN, false], []]);
    asking.show(OWN, null, null); // the next one is on its way
    expect(now()).toEqual([OWN, false]);
    asking.show(OWN, pair("c", HIGH), null);
    asking.show(OWN, pair("c", HIGH), null);
    expect([now(), news]).toEqual([[HIGH.asks, true], [HIGH.asks]]);
    asking.show(OWN, pair("d", HIGH), null);
    expect(now()).toEqual([HIGH.asks, false]);
    asking.show(OWN, null, null);
    expect(now()).toEqual([HIGH.asks, false]);
    asking.show(OWN, pair("e", SKILL), null);
    expect([now(), news]).toEqual([[OWN, true], [HIGH.asks, OWN]]);
  });

  it("is another wish's too where both are in the same words", () => {
    const { asking, news } = setUp();
    asking.show(OWN, pair("a", { wish: "one", asks: "Which?" }), null);
    asking.show(OWN, pair("b", { wish: "two", asks: "Which?" }), null);
    expect(news).toEqual(["Which?"]);
  });

  it("follows the owner's words without being another question", () => {
    const { asking, news, now } = setUp();
    asking.show(OWN, pair("a", SKILL), null);
    asking.show("Which one is closer?", pair("a", SKILL), null);
    expect([now(), news]).toEqual([["Which one is closer?", false], []]);
  });

  it("is an old pair's own while that is looked at, and that changes nothing", () => {
    const { asking, news, now } = setUp();
    asking.show(OWN, pair("a", SKILL), null);
    asking.show(OWN, pair("b", HIGH), null);
    asking.show(OWN, pair("b", HIGH), SKILL);
    expect(now()).toEqual([OWN, false]);
    asking.show(OWN, pair("b", HIGH), null);
    expect([now(), news]).toEqual([[HIGH.asks, true], [HIGH.asks]]);
  });

  it("is the run's question where nobody knows the wish's", () => {
    expect(asksOf({ wish: "lost", asks: null }, OWN)).toBe(OWN);
  });
});

describe("how much of a wish", () => {
  it("is told in words", () => {
    expect(wishText({ answers: 1, weight: null })).toBe("one answer · left open");
    expect(wishText({ answers: 12, weight: 0.4 })).toBe("12 answers · 40 %");
    expect(relationText({ words: "height of the tool", share: 0.625 })).toBe("height of the tool: 63 %");
    expect(askedAgain(10)).toContain("10 more about it");
    expect([percent(0), percent(0.05), percent(1)]).toEqual(["none of it", "5 %", "all of it"]);
  });
});
