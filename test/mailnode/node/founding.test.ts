import { describe, expect, it } from "@jest/globals";
import {
  decodeFoundingNote,
  encodeFoundingNote,
  type FoundingNote,
} from "../../../src/mailnode/node/founding-note.ts";
import {
  foundingStep,
  type FoundingNode,
  type FoundingStep,
  type FoundingView,
} from "../../../src/mailnode/node/founding.ts";

const ID: Readonly<Record<string, string>> = {
  a: "aaaaaaaaaaaaaaaa",
  b: "bbbbbbbbbbbbbbbb",
  c: "cccccccccccccccc",
  d: "dddddddddddddddd",
};
const FOUNDERS = ["a", "b", "c"];

interface World {
  readonly nodes: Map<string, FoundingNode & { founded?: readonly string[] }>;
}

/** Nodes of one or more machines, each asked in turn with what it can see, until nothing changes any more. */
function world(...ids: readonly string[]): World {
  const nodes = ids.map((id): [string, FoundingNode] => [
    id,
    { id: ID[id] ?? id, name: id, witness: false, note: { kind: "empty" } },
  ]);
  return { nodes: new Map(nodes) };
}

const founders = (...names: readonly string[]) => ({
  voters: names.map((name) => ID[name]!).sort(),
  witnesses: [],
});

function view(
  self: FoundingNode,
  others: readonly FoundingNode[],
  more: Partial<FoundingView> = {},
): FoundingView {
  return { self, founders: FOUNDERS, others, looked: false, ...more };
}

/** Lets everybody look once, in order; those that see each other are in one group. */
function round(
  { nodes }: World,
  groups: readonly (readonly string[])[] = [[...nodes.keys()]],
): Readonly<Record<string, FoundingStep["do"]>> {
  const done: Record<string, FoundingStep["do"]> = {};
  for (const group of groups) {
    for (const key of group) {
      const self = nodes.get(key)!;
      if (self.note?.kind === "founded") continue;
      const others = group.filter((other) => other !== key).map((other) => nodes.get(other)!);
      const step = foundingStep(view(self, others));
      done[key] = step.do;
      const note: FoundingNote =
        step.do === "wait"
          ? step.say
          : step.do === "found"
            ? { kind: "founded", founders: step.founders }
            : { kind: "empty" };
      nodes.set(key, { ...self, note, ...(step.do === "found" && { founded: step.founders.voters }) });
    }
  }
  return done;
}

function whoFounded({ nodes }: World): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...nodes].flatMap(([key, { founded }]) => (founded ? [[key, founded] as const] : [])),
  );
}

describe("founding a cluster", () => {
  it("is done by all founders with exactly the same ids, when all have agreed", () => {
    const all = world("a", "b", "c");
    round(all);
    expect(whoFounded(all)).toEqual({});
    for (let i = 0; i < 3; i++) round(all);
    const { voters } = founders("a", "b", "c");
    expect(whoFounded(all)).toEqual({ a: voters, b: voters, c: voters });
  });

  it("does not begin while a founder is missing, however the rest is split", () => {
    for (const groups of [
      [["a", "b"], ["c"]],
      [["a"], ["b", "c"]],
      [["b"], ["a", "c"]],
      [["a"], ["b"], ["c"]],
    ]) {
      const all = world("a", "b", "c");
      for (let i = 0; i < 5; i++) round(all, groups);
      expect(whoFounded(all)).toEqual({});
    }
  });

  it("does not begin with an agreement to something else", () => {
    const all = world("a", "b", "c");
    round(all);
    // The first machine lost its disk before it founded: the others agreed to what it was.
    const renewed = { id: ID.d!, name: "a", witness: false, note: undefined };
    const seen = [all.nodes.get("b")!, all.nodes.get("c")!];
    expect(seen.map(({ note }) => note?.kind)).toEqual(["agree", "agree"]);
    const step = foundingStep(view(renewed, seen));
    expect(step).toMatchObject({ do: "wait", say: { kind: "propose", founders: founders("b", "c", "d") } });
  });

  it("is not repeated by a first founder that lost its disk: it waits to be taken in", () => {
    const all = world("a", "b", "c");
    for (let i = 0; i < 4; i++) round(all);
    const renewed = { id: ID.d!, name: "a", witness: false, note: undefined };
    expect(foundingStep(view(renewed, [all.nodes.get("b")!, all.nodes.get("c")!]))).toEqual({ do: "join" });
    // Also when the one that knows of it is alone, and the others have empty logs.
    const blank = { ...all.nodes.get("b")!, note: { kind: "empty" } as const };
    expect(foundingStep(view(renewed, [blank, all.nodes.get("c")!]))).toEqual({ do: "join" });
  });

  it("is not done by a founder whose disk was wiped in between: it waits to be taken in", () => {
    const note = { kind: "founded", founders: founders("a", "b", "c") } as const;
    const first = { id: ID.a!, name: "a", witness: false, note };
    const wiped = { id: ID.d!, name: "b", witness: false, note: undefined };
    expect(foundingStep(view(wiped, [first]))).toEqual({ do: "join" });
  });

  it("is caught up on by a founder that comes late, also from another one than the first", () => {
    const note = { kind: "founded", founders: founders("a", "b", "c") } as const;
    const second = { id: ID.b!, name: "b", witness: false, note };
    const late = { id: ID.c!, name: "c", witness: false };
    expect(foundingStep(view({ ...late, note: undefined }, [second]))).toEqual({
      do: "found",
      founders: founders("a", "b", "c"),
    });
  });

  it("is left alone by whoever sees two beginnings, or one that nobody remembers", () => {
    const said = (name: string, note: FoundingNote): FoundingNode => ({
      id: ID[name]!,
      name,
      witness: false,
      note,
    });
    const late = { id: ID.c!, name: "c", witness: false, note: undefined };
    const one = said("a", { kind: "founded", founders: founders("a", "b", "c") });
    const other = said("b", { kind: "founded", founders: founders("b", "c", "d") });
    expect(foundingStep(view(late, [one, other]))).toEqual({ do: "join" });
    expect(foundingStep(view(late, [said("a", { kind: "founded" })]))).toEqual({ do: "join" });
  });

  it("waits while two nodes say that they are one machine", () => {
    const all = world("a", "b", "c");
    const twin = { ...all.nodes.get("b")!, id: ID.d! };
    const [a, b, c] = [...all.nodes.values()];
    const why = (step: FoundingStep): string | undefined => (step.do === "wait" ? step.why : undefined);
    expect(why(foundingStep(view(a!, [b!, c!, twin])))).toBe("2 nodes say that they are b");
    expect(why(foundingStep(view(b!, [a!, c!, twin])))).toBe("another node says that it is b");
    expect(why(foundingStep(view(c!, [a!, b!, { ...a!, id: ID.d! }])))).toBe("2 nodes say that they are a");
  });

  it("is agreed to only with as many founders as the configuration names", () => {
    const proposer: FoundingNode = {
      id: ID.a!,
      name: "a",
      witness: false,
      note: { kind: "propose", founders: founders("a", "b") },
    };
    const step = foundingStep(view({ id: ID.b!, name: "b", witness: false, note: undefined }, [proposer]));
    expect(step).toMatchObject({ do: "wait", say: { kind: "empty" } });
  });

  it("names the witnesses, and never a majority of them", () => {
    const self = { id: ID.a!, name: "a", witness: false, note: undefined };
    const other = (name: string, witness: boolean): FoundingNode => ({
      id: ID[name]!,
      name,
      witness,
      note: { kind: "empty" },
    });
    expect(foundingStep(view(self, [other("b", false), other("c", true)]))).toMatchObject({
      say: { kind: "propose", founders: { ...founders("a", "b", "c"), witnesses: [ID.c] } },
    });
    expect(foundingStep(view(self, [other("b", true), other("c", true)]))).toMatchObject({
      do: "wait",
      why: "2 of 3 founders are witnesses; most must hold the state",
    });
  });

  it("is done at once by a single founder that has looked around, and never by a machine that is none", () => {
    const self = { id: ID.a!, name: "a", witness: false, note: undefined };
    const alone = { founders: ["a"] };
    expect(foundingStep(view(self, [], alone)).do).toBe("wait");
    expect(foundingStep(view(self, [], { ...alone, looked: true }))).toEqual({
      do: "found",
      founders: { voters: [ID.a], witnesses: [] },
    });
    const guest = { id: ID.d!, name: "d", witness: false, note: undefined };
    expect(foundingStep(view(guest, [...world("a", "b", "c").nodes.values()])).do).toBe("wait");
  });
});

describe("a note on the founding", () => {
  it("is read back as it was written, with as many founders as there may be", () => {
    const voters = Array.from({ length: 9 }, (_, i) => i.toString(16).repeat(16));
    const nine = { voters, witnesses: [voters[3]!] };
    const notes: readonly FoundingNote[] = [
      { kind: "empty" },
      { kind: "founded" },
      { kind: "propose", founders: nine },
      { kind: "agree", founders: nine },
      { kind: "founded", founders: nine },
    ];
    for (const note of notes) {
      const text = encodeFoundingNote(note);
      expect(text.length).toBeLessThan(256);
      expect(decodeFoundingNote(text)).toEqual(note);
    }
  });

  it("that is none is not taken for one", () => {
    for (const text of [
      undefined,
      "",
      "propose",
      "agree",
      "propose x",
      "founded a b",
      "empty aaaaaaaaaaaaaaaa",
      "other",
    ])
      expect(decodeFoundingNote(text)).toBeUndefined();
  });
});
