/** The path below which the server is, behind a proxy that has others, too; empty for none. */
export const base = typeof document === "undefined" ? ""
  : document.querySelector<HTMLMetaElement>('meta[name="base"]')?.content ?? "";

/** Where something of ours is: `path` begins with a slash, as if the server were at the top. */
export function at(path: string): string {
  return path.startsWith("/") && !path.startsWith("//") ? base + path : path;
}
