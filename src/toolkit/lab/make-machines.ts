import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type Docker from "dockerode";
import type { ContainerShape, NetworkShape, Shapes, Upload } from "../containers/shape.ts";
import { containerOptions, volumeOptions } from "./container-options.ts";
import type { Host } from "./host.ts";

/** Makes and starts what the shapes say, on an engine that has nothing of it yet. */
export async function makeMachines(docker: Docker, host: Host, shapes: Shapes): Promise<void> {
  for (const network of shapes.networks) await docker.createNetwork(networkOptions(network));
  await Promise.all(shapes.volumes.map((volume) => docker.createVolume(volumeOptions(volume))));
  await Promise.all(shapes.containers.map((shape) => makeMachine(docker, host, shape)));
}

async function makeMachine(docker: Docker, host: Host, shape: ContainerShape): Promise<void> {
  const container = await docker.createContainer(containerOptions(shape));
  if (shape.uploads.length > 0) await upload(container, host, shape.uploads);
  await container.start();
}

function networkOptions({ name, cidr, gateway, internal, driver, labels }: NetworkShape) {
  return {
    Name: name,
    Driver: driver,
    Internal: internal,
    CheckDuplicate: true,
    IPAM: { Driver: "default", Config: [{ Subnet: cidr, Gateway: gateway }] },
    Labels: { ...labels },
  };
}

/** The engine takes files as a tar archive only; their directories exist in the image or are made 0755. */
async function upload(container: Docker.Container, host: Host, uploads: readonly Upload[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mailbastion-upload-"));
  try {
    for (const { path, mode, content } of uploads) {
      const staged = join(folder, "root", path);
      await mkdir(dirname(staged), { recursive: true });
      await writeFile(staged, content, { mode: parseInt(mode, 8) });
    }
    const archive = join(folder, "upload.tar");
    const members = uploads.map(({ path }) => path.slice(1));
    const packed = await host.run([
      "tar", "-C", join(folder, "root"), "--owner=0", "--group=0", "--numeric-owner", "-cf", archive, ...members,
    ]); // prettier-ignore
    if (packed.code !== 0) throw new Error(`tar: ${packed.stderr}`);
    await container.putArchive(createReadStream(archive), { path: "/" });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
