export { architectureOf, type Architecture } from "./architecture.ts";
export { prepareRelease } from "./prepare-release.ts";
export { lookAtMachine, stateOf, type MachineState } from "./machine-state.ts";
export { makeCurrent, releasePhase, switchTo, uploadPhase } from "./release-phase.ts";
export { releaseRestartPhase } from "./restart-phase.ts";
export type { Release, Runtime } from "./release.ts";
