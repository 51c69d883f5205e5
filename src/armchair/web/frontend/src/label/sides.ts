/** The person may exchange the sides; an answer always speaks of the question's own left and right. */

import type { Choice } from "../contract";

export function mirrored(choice: Choice): Choice {
  if (choice === "left") return "right";
  if (choice === "right") return "left";
  return choice;
}

/** What was chosen on the screen, as an answer to the question; and the other way round. */
export function unswapped(choice: Choice, swapped: boolean): Choice {
  return swapped ? mirrored(choice) : choice;
}
