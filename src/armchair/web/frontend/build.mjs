// Bundles the pages into ../static: scripts, styles and HTML, and the one-file template of the replay.
// `npm run build` for the real thing; `node build.mjs --out DIR` to put it elsewhere.
import { build } from "esbuild";
import { notices } from "./licences.mjs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = dirname(fileURLToPath(import.meta.url));
const at = process.argv.indexOf("--out");
const out = at > 0 ? resolve(process.argv[at + 1]) : join(root, "..", "static");
const FIRST_LOAD = 300 * 1024; // bytes gzipped of page, script and style; the scene comes on top (limit 500 KiB)

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const sources = {
  theme: "src/ui/theme.ts",
  label: "src/label/main.ts",
  login: "src/login/main.ts",
  runs: "src/runs/main.ts",
  wish: "src/wish/main.ts",
  play: "src/play/main.ts",
  replay: "src/replay/main.ts",
};
const made = await build({
  absWorkingDir: root,
  entryPoints: {
    ...sources,
    ...Object.fromEntries(["label", "login", "runs", "wish", "play", "replay"].map((name) => [name + ".style", `styles/${name}.css`])),
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022", "chrome111", "firefox114", "safari16.4"],
  legalComments: "eof", // what single files say of themselves
  metafile: true,
  entryNames: "[name]",
  logLevel: "warning",
});

const sizes = {};
async function put(name, text) {
  await writeFile(join(out, name), text);
  sizes[name] = gzipSync(text, { level: 9 }).length;
}
for (const name of ["label", "login", "runs", "wish", "play", "replay"]) {
  await put(`${name}.css`, await readFile(join(out, `${name}.style.css`), "utf8"));
  await rm(join(out, `${name}.style.css`));
}
// each script begins with the licences of the packages that are in it, so that every copy of it has them
const licences = await notices(root, made.metafile);
for (const name of Object.keys(sources)) {
  await put(`${name}.js`, (licences[`${name}.js`] ?? "") + (await readFile(join(out, `${name}.js`), "utf8")));
}

// @HEAD@ and @ICONS name ...@ stand for what the pages share
const source = (name) => readFile(join(root, "pages", name), "utf8");
const head = (await source("head.html")).trimEnd();
const symbols = (await source("icons.svg")).trimEnd().split("\n");
function icon(name) {
  const found = symbols.find((symbol) => symbol.includes(`id="i-${name}"`));
  if (!found) throw new Error(`there is no icon ${name} in pages/icons.svg`);
  return `  ${found}\n`;
}
const sprite = (names) => `<svg class="sprite" aria-hidden="true" focusable="false">\n${names.split(" ").map(icon).join("")}</svg>`;
async function page(name) {
  return (await source(`${name}.html`)).replace("@HEAD@", head).replace(/@ICONS (.*)@/, (_, names) => sprite(names));
}
for (const name of ["index", "login", "runs", "wish", "play"]) await put(`${name}.html`, await page(name));

// replay.html carries all it needs; Python puts the JSON in place of @REPLAY_JSON@ (see the README)
const template = await page("replay");
const css = await readFile(join(out, "replay.css"), "utf8");
const js = await readFile(join(out, "replay.js"), "utf8");
const theme = await readFile(join(out, "theme.js"), "utf8");
if (/<\/script/i.test(js + theme)) throw new Error("the script would end its own element");
await put("replay.html", template.replace("@CSS@", () => css).replace("@THEME@", () => theme).replace("@JS@", () => js));

const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
for (const [name, size] of Object.entries(sizes)) console.log(`${name.padEnd(14)} ${kb(size).padStart(10)} gzipped`);
const first = ["index.html", "theme.js", "label.js", "label.css"].reduce((sum, name) => sum + sizes[name], 0);
console.log(`first load     ${kb(first).padStart(10)} gzipped, without the scene`);
if (first > FIRST_LOAD) throw new Error(`the first load must stay below ${kb(FIRST_LOAD)}`);
