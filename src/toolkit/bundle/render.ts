import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Handlebars from "handlebars";
import type { FileContent } from "../services/service.ts";

const require = createRequire(import.meta.url);

/*
 * No escaping, as the output is no HTML; strict, so that a name the view lacks is an error instead of nothing.
 * Strictness does not reach into {{#if}}, {{#each}} and helper arguments: a test walks the templates for those.
 */
const OPTIONS: Parameters<typeof Handlebars.compile>[1] = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
};

const compiled = new Map<string, Handlebars.TemplateDelegate>();

/** The text of a file. `marker` is the line that says where the file came from, without a comment sign. */
export function render(content: FileContent, marker: string): string {
  if (content.kind === "text") return content.text;
  return templateOf(content.template)({ ...content.view, marker });
}

/** Where a template lies: the package's own folder, in a checkout and when installed. */
export function templatePath(template: string): string {
  return require.resolve(`#templates/${template}`);
}

function templateOf(template: string): Handlebars.TemplateDelegate {
  let delegate = compiled.get(template);
  if (!delegate) {
    delegate = Handlebars.compile(readFileSync(templatePath(template), "utf8"), OPTIONS);
    compiled.set(template, delegate);
  }
  return delegate;
}
