#!/usr/bin/env node
import { handOver } from "./runtime.js";

await handOver("toolkit/cli/main");
