import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { moveBack, setAside } from "../../../../src/toolkit/services/galera/move.ts";
import { DATA_DIRECTORY, LEFT_OUT_FILE } from "../../../../src/toolkit/services/galera/names.ts";
import { runWith } from "../shell.ts";

/** A file system of its own on every Linux. */
const OTHER_DISK = "/dev/shm";

const FILES = ["app/a.ibd", "app/b.ibd", "ibdata1", "undo001", ".hidden"];

function fill(folder: string): void {
  mkdirSync(join(folder, "app"), { recursive: true });
  mkdirSync(join(folder, "lost+found"));
  for (const file of FILES) writeFileSync(join(folder, file), `rows of ${file}`);
}

/** What lies in a folder, by path; what fsck has put aside is no data. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(files.map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]));
}

/** The same of a folder that may be on its way into another one. */
function contentOnTheWay(folder: string): Readonly<Record<string, string>> {
  return Object.assign(
    {},
    ...["", ".moving", ".moved"].map((state) => contentOf(folder + state)),
  ) as Readonly<Record<string, string>>;
}

const KEEPS_OUT = basename(LEFT_OUT_FILE);

/** Nobody here is the user of the server, and the disks of this machine have others to write for. */
const programs = { chown: "exit 0", sync: "exit 0" };

const WHOLE = Object.fromEntries(FILES.map((file) => [file, `rows of ${file}`]));

/** Dies as a machine does: everything of the command at once, by which `setsid` has made a group of its own. */
const DIE = "kill -KILL 0";
const killed = (argv: readonly string[], programs: Readonly<Record<string, string>>) =>
  runWith(["setsid", ...argv], { programs }).code;

/** Programs that die in the middle of their work, by where that is. */
const DEATHS = {
  "after one was renamed": () => ({ perl: `/usr/bin/perl "$1" "$2" "$3" "$4"; ${DIE}` }),
  "with half a file copied": () => ({
    cp: `mkdir -p "$3/app"; printf rows >"$3/app/a.ibd"; printf rows >"$3/undo001"; ${DIE}`,
  }),
  "with all copied and nothing deleted": () => ({ sync: DIE }),
  "with half of it deleted": (from: string) => ({
    rm: `/bin/rm ${from}*/app/a.ibd ${from}*/ibdata1; ${DIE}`,
  }),
} satisfies Readonly<Record<string, (from: string) => Readonly<Record<string, string>>>>;

describe.each([
  ["on one disk", tmpdir()],
  ["from one disk to another", OTHER_DISK],
])("the data of a restore, moved %s", (_where, place) => {
  let from: string;
  let to: string;
  beforeEach(() => {
    from = join(mkdtempSync(join(tmpdir(), "mailbastion-from-")), "data");
    to = join(mkdtempSync(join(place, "mailbastion-to-")), "data");
    fill(from);
  });
  afterEach(() => {
    for (const folder of [from, to]) rmSync(join(folder, ".."), { recursive: true });
  });

  const aside = () => setAside(from, to).argv;
  const back = () =>
    moveBack(from, `${to}-kept`).argv.map((word) =>
      word.startsWith(DATA_DIRECTORY) ? word.replace(DATA_DIRECTORY, to) : word,
    );
  const succeeds = (argv: readonly string[]) =>
    expect(runWith(argv, { programs })).toMatchObject({ code: 0, stderr: "" });
  /** Those of a server that was started on a folder without its data. */
  const serverStarts = (folder: string) => {
    for (const file of ["ibdata1", "grastate.dat", "galera.cache"])
      writeFileSync(join(folder, file), "of a server");
  };
  const OF_A_SERVER = Object.fromEntries(
    ["ibdata1", "grastate.dat", "galera.cache"].map((file) => [file, "of a server"]),
  );

  it("are all there, hidden ones too, and what comes later is kept beside them", () => {
    expect(statSync(join(to, "..")).dev === statSync(from).dev).toBe(place !== OTHER_DISK);
    expect(runWith(aside(), { programs }).code).toBe(0);
    expect(contentOf(to)).toEqual(WHOLE);
    expect(readdirSync(from)).toEqual(["lost+found"]);
    writeFileSync(join(from, "late"), "");
    expect(runWith(aside(), { programs }).code).toBe(0);
    expect(contentOf(to)).toEqual(WHOLE);
    expect(contentOf(`${to}-2`)).toEqual({ late: "" });
    expect(runWith(aside(), { programs }).code).toBe(0);
    expect(readdirSync(join(to, "..")).toSorted()).toEqual(["data", "data-2"]);
  });

  it("stay as they were set aside where a server was started since, whose files get into nobody's way", () => {
    succeeds(aside());
    serverStarts(from);
    succeeds(aside());
    expect(contentOf(to)).toEqual(WHOLE);
    expect(contentOf(`${to}-2`)).toEqual(OF_A_SERVER);
    expect(contentOf(from)).toEqual({});
  });

  it("are put back into a folder that holds nothing else, whatever a server has left there", () => {
    mkdirSync(to);
    serverStarts(to);
    succeeds(back());
    expect(contentOf(to)).toEqual(WHOLE);
    expect(contentOf(`${to}-kept`)).toEqual(OF_A_SERVER);
  });

  it("are not written over by what is left of them elsewhere, where a machine died and has started its server", () => {
    const dying = { ...programs, ...DEATHS["with half of it deleted"](from) };
    mkdirSync(to);
    expect(killed(back(), dying)).toBe(255);
    writeFileSync(join(to, "undo001"), "later rows");
    succeeds(back());
    expect(contentOf(to)).toEqual({ ...WHOLE, undo001: "later rows" });
    rmSync(to, { recursive: true });
    fill(from);
    killed(aside(), dying);
    serverStarts(from);
    succeeds(aside());
    expect(contentOf(to)).toEqual(WHOLE);
    expect(contentOf(from)).toEqual({});
  });

  it("are put back without the saved state and the notes of the backup program, and their folder is gone", () => {
    for (const file of ["grastate.dat", "backup-my.cnf", "xtrabackup_checkpoints"])
      writeFileSync(join(from, file), "x");
    writeFileSync(join(from, "ib_logfile0"), "");
    mkdirSync(to);
    for (let times = 0; times < 2; times++) {
      expect(runWith(back(), { programs })).toMatchObject({ code: 0, stderr: "" });
      expect(contentOf(to)).toEqual(WHOLE);
      expect(existsSync(from)).toBe(false);
    }
  });

  it("are whole where an earlier attempt has left half a folder", () => {
    mkdirSync(join(`${to}.moving`, "app"), { recursive: true });
    writeFileSync(join(`${to}.moving`, "app", "a.ibd"), "rows");
    expect(runWith(aside(), { programs })).toMatchObject({ code: 0, stderr: "" });
    expect(contentOf(to)).toEqual(WHOLE);
    expect(contentOf(from)).toEqual({});
  });

  it.each(Object.entries(DEATHS))(
    "are whole where the machine died %s, when it is done again",
    (_when, dying) => {
      for (const move of [aside, back]) {
        if (move === back) mkdirSync(to);
        const died = killed(move(), { ...programs, ...dying(from) }) === 255;
        // On one disk nothing is copied.
        expect(died || place !== OTHER_DISK).toBe(true);
        // Every file is in one of the two, and what is left here is whole.
        const left = contentOnTheWay(from);
        const { [KEEPS_OUT]: mark, ...there } = contentOnTheWay(to);
        // By which the server of a machine that comes back does not start on half of a copy.
        expect(mark).toBe(move === back && died ? "" : undefined);
        expect({ ...WHOLE, ...left }).toEqual(WHOLE);
        expect(new Set([...Object.keys(left), ...Object.keys(there)])).toEqual(new Set(FILES));
        expect(runWith(move(), { programs })).toMatchObject({ code: 0, stderr: "" });
        expect(contentOf(to)).toEqual(WHOLE);
        expect(contentOf(from)).toEqual({});
        rmSync(from, { recursive: true, force: true });
        rmSync(to, { recursive: true });
        fill(from);
      }
    },
  );
});

describe("the data of a restore", () => {
  it("that are not there need not be moved", () => {
    const folder = mkdtempSync(join(tmpdir(), "mailbastion-none-"));
    expect(runWith(setAside(join(folder, "none"), join(folder, "aside")).argv, {}).code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it("stay where they are where the other disk has not the room; what lies there already counts", () => {
    const from = mkdtempSync(join(tmpdir(), "mailbastion-from-"));
    const to = mkdtempSync(join(OTHER_DISK, "mailbastion-to-"));
    try {
      fill(from);
      writeFileSync(join(from, "large"), Buffer.alloc(1024 * 1024));
      const df = "echo head; echo disk 2000 1900 100 95% /";
      const aside = setAside(from, join(to, "data")).argv;
      const refused = runWith(aside, { programs: { ...programs, df } });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/needs \d+ KiB more, and there are 100 KiB free for/);
      expect(contentOnTheWay(join(to, "data"))).toEqual({});
      writeFileSync(join(to, "data.moving", "large"), Buffer.alloc(1024 * 1024));
      expect(runWith(aside, { programs: { ...programs, df } })).toMatchObject({
        code: 0,
        stderr: "",
      });
      expect(readdirSync(from)).toEqual(["lost+found"]);
    } finally {
      for (const folder of [from, to]) rmSync(folder, { recursive: true });
    }
  });
});
