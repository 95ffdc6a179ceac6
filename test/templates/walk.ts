import Handlebars from "handlebars";

/** What a walk through one template with one view has found. */
export interface Walk {
  /** Every use of a name that the view lacks, as "line 3: mail.domain". */
  readonly faults: readonly string[];
  /** Every body of a block that this view goes through, as "line 5: #each peers"; an else is "line 7: else of #if x". */
  readonly entered: readonly string[];
}

type Frame = { readonly context: unknown; readonly names: Readonly<Record<string, unknown>> };

/** Frames from the outermost to the innermost: `..` goes one back. */
type Frames = readonly [...Frame[], Frame];

/** The bodies of blocks that a template has, named as Walk.entered names them. */
export function bodiesOf(template: string): readonly string[] {
  return bodiesIn(Handlebars.parse(template));
}

/**
 * Follows a template's syntax tree as rendering would, and looks up every name that it uses, also those that
 * Handlebars takes for absent without a word: conditions, lists and arguments of helpers.
 *
 * A name is there when its object has the key, whatever the value. A body that is not rendered is not looked at.
 */
export function walk(template: string, view: Readonly<Record<string, unknown>>): Walk {
  const faults: string[] = [];
  const entered: string[] = [];
  const outermost: Frame = { context: view, names: { "@root": view } };

  const fault = (node: hbs.AST.Node, what: string): undefined => {
    faults.push(`line ${node.loc.start.line}: ${what}`);
    return undefined;
  };

  function program(node: hbs.AST.Program | undefined, frames: Frames): void {
    for (const statement of node?.body ?? []) follow(statement, frames);
  }

  function follow(statement: hbs.AST.Statement, frames: Frames): void {
    switch (statement.type) {
      case "ContentStatement":
      case "CommentStatement":
        return;
      case "MustacheStatement": {
        const mustache = statement as hbs.AST.MustacheStatement;
        if (mustache.params.length > 0 || mustache.hash) fault(mustache, `helper ${nameOf(mustache)}`);
        else value(mustache.path, frames);
        return;
      }
      case "BlockStatement":
        return block(statement as hbs.AST.BlockStatement, frames);
      default:
        fault(statement, `${statement.type}, which cannot be followed`);
    }
  }

  function block(node: hbs.AST.BlockStatement, frames: Frames): void {
    const name = nameOf(node);
    const [parameter, ...more] = node.params;
    if (!parameter || more.length > 0 || node.hash || !BLOCKS.has(name)) {
      fault(node, `helper #${name}`);
      return;
    }
    const seen = faults.length;
    const given = value(parameter, frames);
    if (faults.length > seen) return;
    const items = name === "each" ? itemsOf(given) : [];
    const isMain = name === "each" ? items.length > 0 : isTruthy(given) === (name !== "unless");
    const body = isMain ? node.program : node.inverse;
    if (!body) return;
    entered.push(isMain ? bodyName(node) : elseName(node));
    if (!isMain || name === "if" || name === "unless") program(body, frames);
    else if (name === "with") program(body, [...frames, { context: given, names: {} }]);
    else for (const item of items) program(body, [...frames, item]);
  }

  /** The value of an expression; undefined, with a fault, when a name on the way is not there. */
  function value(expression: hbs.AST.Expression, frames: Frames): unknown {
    if (expression.type.endsWith("Literal")) return (expression as unknown as { value?: unknown }).value;
    if (expression.type !== "PathExpression") return fault(expression, `${expression.type}, which cannot be followed`);
    const path = expression as hbs.AST.PathExpression;
    const depth = path.data ? 0 : path.depth;
    const frame = frames.at(-1 - depth);
    if (!frame) return fault(path, `${path.original}, above the view`);
    const [first, ...rest] = path.parts as readonly string[];
    if (first === undefined) return frame.context;
    let found: unknown;
    if (path.data) {
      const holder = frames.findLast(({ names }) => Object.hasOwn(names, `@${first}`));
      if (!holder) return fault(path, path.original);
      found = holder.names[`@${first}`];
    } else {
      if (!has(frame.context, first)) return fault(path, path.original);
      found = frame.context[first];
    }
    for (const part of rest) {
      if (!has(found, part)) return fault(path, path.original);
      found = found[part];
    }
    return found;
  }

  program(Handlebars.parse(template), [outermost]);
  return { faults, entered };
}

const BLOCKS: ReadonlySet<string> = new Set(["if", "unless", "each", "with"]);

function bodiesIn(node: hbs.AST.Program | undefined): readonly string[] {
  return (node?.body ?? []).flatMap((statement) => {
    if (statement.type !== "BlockStatement") return [];
    const block = statement as hbs.AST.BlockStatement;
    return [
      bodyName(block),
      ...bodiesIn(block.program),
      ...(block.inverse ? [elseName(block), ...bodiesIn(block.inverse)] : []),
    ];
  });
}

function nameOf({ path }: { readonly path: unknown }): string {
  return (path as { original?: string }).original ?? "without a name";
}

function bodyName(node: hbs.AST.BlockStatement): string {
  const parameters = node.params.map((parameter) => (parameter as hbs.AST.PathExpression).original);
  return `line ${node.loc.start.line}: #${[nameOf(node), ...parameters].join(" ")}`;
}

function elseName(node: hbs.AST.BlockStatement): string {
  return bodyName(node).replace("#", "else of #");
}

function has(object: unknown, key: string): object is Record<string, unknown> {
  return typeof object === "object" && object !== null && (key in object);
}

/** As Handlebars sees it: an empty list is false (https://handlebarsjs.com/guide/builtin-helpers.html#if). */
function isTruthy(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function itemsOf(value: unknown): readonly Frame[] {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return entries.map(([key, context]: [string, unknown], index) => ({
    context,
    names: {
      "@key": key,
      "@index": index,
      "@first": index === 0,
      "@last": index === entries.length - 1,
    },
  }));
}
