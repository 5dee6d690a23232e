// Builds the style sheet and the script into kallithea/public: bundled, small, named after their content, with .gz and .br
// twins. The same sources give the same bytes.

import { createHash } from "node:crypto";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const publicFolder = join(here, "..", "public");
const assets = join(publicFolder, "assets");

const ENTRIES = { "app.css": join(here, "css", "app.css"), "app.js": join(here, "js", "app.js") };

async function bundled(entry) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    charset: "utf8",
    legalComments: "none",
    target: ["chrome111", "firefox115", "safari16.4"],
    logLevel: "warning",
  });
  return result.outputFiles[0].contents;
}

function hashedName(name, content) {
  const dot = name.lastIndexOf(".");
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
}

async function writeWithTwins(path, content) {
  await writeFile(path, content);
  await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  await writeFile(`${path}.br`, brotliCompressSync(content, { params }));
}

await rm(assets, { recursive: true, force: true });
await mkdir(assets, { recursive: true });

const manifest = {};
for (const [name, entry] of Object.entries(ENTRIES)) {
  const content = Buffer.from(await bundled(entry));
  manifest[name] = hashedName(name, content);
  await writeWithTwins(join(assets, manifest[name]), content);
}
await writeFile(join(assets, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
await cp(join(here, "static"), publicFolder, { recursive: true });
