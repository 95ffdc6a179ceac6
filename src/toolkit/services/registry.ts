import type { Service } from "./service.ts";

export const services: readonly Service[] = [];
