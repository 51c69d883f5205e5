import { describe, expect, it } from "vitest";
import { aboutPairs, hints, questionTrouble, secondsText, timeWords } from "../src/wish/words";

describe("the page of a new wish", () => {
  it("says what is wrong with a question, and nothing about a good one", () => {
    expect(questionTrouble("  ")).toContain("First put your wish into a question");
    expect(questionTrouble("higher")).toContain("more than one word");
    expect(questionTrouble("Which one is higher?")).toBe("");
  });

  it("says how long the clips are", () => {
    expect([0.5, 1, 1.25, 2.5].map(secondsText)).toEqual(["½ s", "1 s", "1.25 s", "2.5 s"]);
    expect(timeWords({ clip: "episode", seconds: 2.5 })).toMatchObject({ title: "The whole episode", cost: "clips of 2.5 s" });
  });

  it("proposes questions about blocks only where there are some", () => {
    expect(hints("pick_place")[0]).toContain("block");
    expect(hints("reach").join()).not.toContain("block");
    expect(aboutPairs(0)).toContain("no clips");
    expect(aboutPairs(5)).toContain("5 pairs");
  });
});
