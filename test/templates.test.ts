import { describe, expect, it } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { services } from "../src/toolkit/services/registry.ts";
import { exampleFiles, exampleTopology } from "./examples/examples.ts";
import { bodiesOf, walk } from "./templates/walk.ts";
import { sampleContext } from "./toolkit/services/sample-context.ts";

const TEMPLATES = fileURLToPath(new URL("../templates/", import.meta.url));

/** A use of a name: {{name}}, {{../name}}, {{#if part.name}}. */
const NAME = /\{\{(?!else)(?:#\w+ )?(?:\.\.\/)*(?!this\})[a-zA-Z][\w.]*\}\}/g;

interface Use {
  /** Who renders it: "three-machines.yaml node-1 /etc/haproxy/haproxy.cfg". */
  readonly by: string;
  readonly view: Readonly<Record<string, unknown>>;
}

const templates = globSync("**/*.hbs", { cwd: TEMPLATES }).toSorted();
const uses = await usesOfTemplates();

/** Every template with every view that a machine of an example gives it. */
async function usesOfTemplates(): Promise<ReadonlyMap<string, readonly Use[]>> {
  const found = new Map<string, Use[]>(templates.map((template) => [template, []]));
  for (const example of exampleFiles) {
    const topology = await exampleTopology(example);
    for (const machine of topology.machines) {
      const own = services.filter((service) => service.runsOn(topology, machine));
      const listeners = own.flatMap((service) => service.listens(topology, machine));
      const files = own.flatMap((service) => service.files(sampleContext(topology, machine, listeners)));
      for (const { path, content } of files) {
        if (content.kind !== "template") continue;
        const use = { by: `${example} ${machine.name} ${path}`, view: { ...content.view, marker: "" } };
        found.set(content.template, [...(found.get(content.template) ?? []), use]);
      }
    }
  }
  return found;
}

describe.each(templates)("the template %s", (template) => {
  const text = readFileSync(`${TEMPLATES}${template}`, "utf8");
  const walks = uses.get(template)!.map(({ by, view }) => ({ by, ...walk(text, view) }));

  it("is rendered by an example, with every part that depends on a condition or a list", () => {
    expect(walks.length).toBeGreaterThan(0);
    const entered = new Set(walks.flatMap((one) => one.entered));
    expect(bodiesOf(text).filter((body) => !entered.has(body))).toEqual([]);
  });

  it("uses no name that its view lacks", () => {
    expect(walks.flatMap(({ by, faults }) => faults.map((fault) => `${fault} (${by})`))).toEqual([]);
  });
});

describe("the templates", () => {
  it("are walked so that each of their names is found when it is misspelt", () => {
    const unnoticed = templates.flatMap((template) => {
      const text = readFileSync(`${TEMPLATES}${template}`, "utf8");
      return [...text.matchAll(NAME)]
        .map(({ index, 0: tag }) => ({ index, tag, misspelt: tag.replace("}}", "Misspelt}}") }))
        .filter(({ index, tag, misspelt }) => {
          const mutant = text.slice(0, index) + misspelt + text.slice(index + tag.length);
          return uses.get(template)!.every(({ view }) => walk(mutant, view).faults.length === 0);
        })
        .map(({ tag }) => `${template}: ${tag}`);
    });
    expect(unnoticed).toEqual([]);
  });

  it("are all that the services name", () => {
    expect([...uses.keys()].toSorted()).toEqual(templates);
  });
});
