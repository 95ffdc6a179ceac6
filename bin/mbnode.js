#!/usr/bin/env node
import { handOver } from "./runtime.js";

await handOver("mailnode/node/main");
