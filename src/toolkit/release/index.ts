export { architectureOf, type Architecture } from "./architecture.ts";
export { prepareRelease } from "./prepare-release.ts";
export { releasePhase } from "./release-phase.ts";
export { releaseRestartPhase } from "./restart-phase.ts";
export type { Release, Runtime } from "./release.ts";
