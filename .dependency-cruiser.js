/**
 * The arrows between the rooms. A new room is added here with the rooms it may use; without an entry it may
 * use none.
 */
const TOOLKIT = {
  spec: [],
  topology: ["spec"],
  steps: [],
  services: ["spec", "topology", "steps"],
  bundle: ["topology", "services", "steps"],
  containers: ["topology", "services"],
  disk: [],
  constructs: ["spec", "topology", "services", "bundle", "containers"],
  vault: ["services", "disk"],
  ssh: ["steps", "disk"],
  runner: ["steps", "ssh", "disk"],
  release: ["steps"],
  runbooks: [
    "topology",
    "services",
    "steps",
    "bundle",
    "vault",
    "disk",
    "ssh",
    "runner",
    "status",
    "release",
  ],
  status: ["topology", "services", "steps", "ssh", "runner"],
  loadtest: [],
  lab: ["topology", "steps", "services", "containers", "ssh", "disk"],
  project: ["spec", "topology", "services", "bundle", "containers", "vault", "ssh", "lab"],
  cli: ["*"],
};

const MAILNODE = {
  disk: [],
  state: [],
  cluster: ["state"],
  queue: ["disk"],
  // Its shell implements the port that the cluster room asks for.
  raft: ["disk", "cluster"],
  membership: ["disk"],
  discovery: [],
  smtp: ["queue"],
  admin: ["queue", "state", "cluster"],
  node: ["disk", "queue", "raft", "state", "cluster", "membership", "discovery", "smtp", "admin"],
  library: ["node", "cluster", "state"],
  // It puts nodes together as node does, over a world of its own.
  sim: ["disk", "raft", "membership", "state", "cluster", "node"],
};

const rules = (wing, rooms) =>
  Object.entries(rooms)
    .filter(([, uses]) => !uses.includes("*"))
    .map(([room, uses]) => ({
      name: `${wing}-${room}`,
      comment: `${wing}/${room} may use support, contract${uses.map((use) => `, ${use}`).join("")}`,
      severity: "error",
      from: { path: `^src/${wing}/${room}/` },
      to: {
        path: "^(src|stacks|demo|test|bench)/",
        pathNot: `^src/(support|contract|${[room, ...uses].map((use) => `${wing}/${use}`).join("|")})/`,
      },
    }));

/** Rooms that do no input or output: Node's modules for it are closed to them. */
const PURE =
  "^src/(support|contract|toolkit/(spec|topology|steps|services|containers)|mailnode/raft/(core|quorum|tracker)|mailnode/membership/core|mailnode/state)/";

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: { path: "^(src|stacks|demo)/" }, to: { circular: true } },
    {
      name: "support-stands-alone",
      severity: "error",
      from: { path: "^src/support/" },
      to: { path: "^src/", pathNot: "^src/support/" },
    },
    {
      name: "contract-stands-alone",
      severity: "error",
      from: { path: "^src/contract/" },
      to: { path: "^src/", pathNot: "^src/(support|contract)/" },
    },
    {
      name: "wings-never-meet",
      severity: "error",
      from: { path: "^src/toolkit/" },
      to: { path: "^src/mailnode/" },
    },
    {
      name: "wings-never-meet-either",
      severity: "error",
      from: { path: "^src/mailnode/" },
      to: { path: "^src/toolkit/" },
    },
    {
      name: "nothing-imports-cli",
      severity: "error",
      from: { pathNot: "^(src/toolkit/cli/|test/)" },
      to: { path: "^src/toolkit/cli/" },
    },
    {
      name: "pure-rooms-do-no-io",
      severity: "error",
      from: { path: PURE },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|util|path/posix)$" },
    },
    {
      name: "no-undeclared-packages",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"] },
    },
    ...rules("toolkit", TOOLKIT),
    ...rules("mailnode", MAILNODE),
    {
      name: "every-room-has-its-arrows",
      comment: "a new room is entered in the tables above",
      severity: "error",
      from: {
        path: "^src/(toolkit|mailnode)/",
        pathNot: `^src/(toolkit/(${Object.keys(TOOLKIT).join("|")})|mailnode/(${Object.keys(MAILNODE).join("|")}))/`,
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
