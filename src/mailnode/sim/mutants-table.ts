/**
 * `npm run sim:mutants [-- --write]`: looks for every planted bug and prints in which seed it was found, by which
 * rule; with --write into docs/reference/simulation.md, too. Exit code 1 when one is not found.
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { hunt } from "./hunt.ts";
import { MUTANTS } from "./mutants/index.ts";

const PAGE = new URL("../../../docs/reference/simulation.md", import.meta.url);
const [BEGIN, END] = ["<!-- mutants -->", "<!-- /mutants -->"];

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const rows = ["| planted bug | found at seed | of at most | by the rule |", "| --- | --- | --- | --- |"];
let missed = 0;
for (const mutant of MUTANTS) {
  const { seed, rule } = await hunt(mutant);
  if (seed === undefined) missed++;
  const row = `| ${mutant.bug} | ${seed ?? "not found"} | ${mutant.withinSeeds} | ${rule ?? ""} |`;
  rows.push(row);
  print(`${mutant.name} ${row}`);
}
if (values.write) {
  const page = await readFile(PAGE, "utf8");
  const before = page.slice(0, page.indexOf(BEGIN) + BEGIN.length);
  const after = page.slice(page.indexOf(END));
  await writeFile(PAGE, [before, "", ...rows, "", after].join("\n"));
}
print(`${MUTANTS.length - missed} of ${MUTANTS.length} planted bugs were found`);
process.exitCode = missed === 0 ? 0 : 1;
