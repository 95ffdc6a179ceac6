export { architectureOf, type Architecture } from "./architecture.ts";
export { prepareRelease } from "./prepare-release.ts";
export { lookAtMachine, stateOf, type MachineState } from "./machine-state.ts";
export { makeCurrent, releasePhase, uploadPhase } from "./release-phase.ts";
export { releaseRestartPhase } from "./restart-phase.ts";
export { switchTo } from "./run-release.ts";
export type { Release, Runtime } from "./release.ts";
