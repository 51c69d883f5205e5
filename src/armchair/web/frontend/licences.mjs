// The licences of the packages that esbuild put into each script: whoever passes a script on passes them on too.
import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";

const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)\//;

// By the script's file name: a comment with name, version and licence of every package in it. Throws where a
// package has no file with its licence.
export async function notices(root, metafile) {
  const found = {};
  for (const [file, { inputs }] of Object.entries(metafile.outputs)) {
    const names = new Set(Object.keys(inputs).map((input) => input.match(PACKAGE)?.[1]).filter(Boolean));
    const texts = await Promise.all([...names].sort().map((name) => notice(join(root, "node_modules", name))));
    if (texts.length) found[basename(file)] = `/*!\n${texts.join("\n\n")}\n*/\n`;
  }
  return found;
}

async function notice(folder) {
  const { name, version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (!file) throw new Error(`${name} has no file with its licence, which the script has to carry`);
  const text = (await readFile(join(folder, file), "utf8")).trim();
  if (text.includes("*/") || /<\/script/i.test(text)) throw new Error(`the licence of ${name} cannot stand in a comment`);
  return `This file contains ${name} ${version}.\n\n${text}`;
}
