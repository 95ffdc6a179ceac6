import { describe, expect, it } from "@jest/globals";
import { bodiesOf, walk } from "./walk.ts";

const view = {
  name: "acme",
  absent: undefined,
  mail: { domains: ["example.com", "example.org"], relay: { port: 25 } },
  machines: { a: { address: "10.0.0.1", tags: ["x"] }, b: { address: "10.0.0.2", tags: [] } },
  none: [],
};

const faultsOf = (template: string) => walk(template, view).faults;

describe("the walk through a template", () => {
  it.each([
    "{{name}} {{mail.relay.port}}",
    "{{#if absent}}{{/if}}{{#if mail.relay}}{{mail.relay.port}}{{else}}{{nothing}}{{/if}}",
    "{{#each mail.domains}}{{this}}{{@index}}{{@last}}{{../name}}{{@root.name}}{{/each}}",
    "{{#each machines}}{{@key}}{{this.address}}{{#each tags}}{{this}}{{../address}}{{../../name}}{{@../index}}{{/each}}{{/each}}"
      .replace("{{@../index}}", ""),
    "{{#unless none}}{{name}}{{/unless}}",
    "{{#with mail.relay}}{{port}}{{../name}}{{/with}}",
    "{{! a comment about {{nothing}} }}",
  ])("finds nothing wrong with %s", (template) => {
    expect(faultsOf(template)).toEqual([]);
  });

  it.each([
    ["{{nmae}}", "nmae"],
    ["{{mail.relay.prot}}", "mail.relay.prot"],
    ["{{mail.relay.port.number}}", "mail.relay.port.number"],
    ["{{#if nmae}}x{{/if}}", "nmae"],
    ["{{#unless mail.rely}}x{{/unless}}", "mail.rely"],
    ["{{#each mail.domain}}x{{/each}}", "mail.domain"],
    ["{{#with mail.rely}}x{{/with}}", "mail.rely"],
    ["{{#if name}}{{nmae}}{{/if}}", "nmae"],
    ["{{#if absent}}x{{else}}{{nmae}}{{/if}}", "nmae"],
    ["{{#if absent}}x{{else if nmae}}y{{/if}}", "nmae"],
    ["{{#each mail.domains}}{{../nmae}}{{/each}}", "../nmae"],
    ["{{#each mail.domains}}{{name}}{{/each}}", "name"],
    ["{{#each mail.domains}}{{../../name}}{{/each}}", "../../name, above the view"],
    ["{{#each machines}}{{this.adress}}{{/each}}", "this.adress"],
    ["{{#each machines}}{{#if tags}}{{adress}}{{/if}}{{/each}}", "adress"],
    ["{{@index}}", "@index"],
  ])("finds the name that the view lacks in %s", (template, name) => {
    expect(faultsOf(template)).toContain(`line 1: ${name}`);
  });

  it("finds a name that one item of a list lacks, and says on which line", () => {
    const items = { list: [{ a: 1, b: 2 }, { a: 1 }] };
    expect(walk("x\n{{#each list}}\n{{a}}{{b}}\n{{/each}}", items).faults).toEqual(["line 3: b"]);
  });

  it.each([
    ["{{> part}}", "PartialStatement, which cannot be followed"],
    ["{{lookup mail name}}", "helper lookup"],
    ["{{#if (lookup mail name)}}x{{/if}}", "SubExpression, which cannot be followed"],
    ["{{#repeat name}}x{{/repeat}}", "helper #repeat"],
    ["{{#each mail.domains separator=name}}x{{/each}}", "helper #each"],
  ])("refuses what it cannot follow: %s", (template, what) => {
    expect(faultsOf(template)).toEqual([`line 1: ${what}`]);
  });

  it("tells which bodies of blocks a view goes through, of all that there are", () => {
    const template = "{{#if name}}{{#each none}}x{{else}}y{{/each}}{{/if}}\n{{#unless name}}z{{/unless}}";
    expect(bodiesOf(template)).toEqual([
      "line 1: #if name",
      "line 1: #each none",
      "line 1: else of #each none",
      "line 2: #unless name",
    ]);
    expect(walk(template, view).entered).toEqual(["line 1: #if name", "line 1: else of #each none"]);
  });
});
