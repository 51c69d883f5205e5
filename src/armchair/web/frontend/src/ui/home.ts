/** The way back to the list of runs, where the page was opened from there. */

import { make } from "./dom";

/** Makes the brand in the page's corner a link to the list. address: of the list, or empty. */
export function leadHome(brand: Element | null, address: string): void {
  if (!brand || !address) return;
  const link = make("a", { class: "brand home", href: address, title: "All runs" });
  const word = make("span", { text: "All runs" });
  link.append(...[...brand.children].filter((child) => child.matches("svg")), word);
  brand.replaceWith(link);
}
