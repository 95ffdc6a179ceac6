import { buildBundles } from "../../src/toolkit/bundle/build.ts";
import { exampleTopology } from "./examples.ts";

/** Every file of every machine of an example, whole, as one text for people to read. */
export async function filesOf(example: string): Promise<string> {
  const bundles = buildBundles(await exampleTopology(example));
  return bundles
    .flatMap(({ machine, files }) =>
      files.map(
        ({ path, owner, group, mode, content }) =>
          `=== ${machine}:${path} ${owner}:${group} ${mode}\n${content}`,
      ),
    )
    .join("\n");
}

// As a program: prints the files of the example that it is given, for a second look from another process.
if (import.meta.main) process.stdout.write(await filesOf(process.argv[2]!));
