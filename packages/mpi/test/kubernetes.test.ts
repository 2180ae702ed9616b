import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

interface Pod {
  readonly replicas: number;
  readonly template: {
    readonly spec: { readonly containers: readonly [Container]; readonly volumes?: readonly Volume[] };
  };
}

interface Container {
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly securityContext: { readonly runAsUser: number };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Volume {
  readonly name: string;
}

interface Job {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: {
    readonly mpiImplementation: string;
    readonly slotsPerWorker: number;
    readonly sshAuthMountPath: string;
    readonly mpiReplicaSpecs: { readonly Launcher: Pod; readonly Worker: Pod };
  };
}

/** No cluster runs it here: this only holds the parts of the manifest against each other. */
describe("the manifest for Kubernetes' MPI Operator", () => {
  let job: Job;
  let launcher: Container;
  let worker: Container;
  const file = (name: string) => readFile(new URL(`../kubernetes/${name}`, import.meta.url), "utf8");

  beforeAll(async () => {
    job = parse(await file("mpijob.yaml")) as Job;
    const { Launcher, Worker } = job.spec.mpiReplicaSpecs;
    [launcher] = Launcher.template.spec.containers;
    [worker] = Worker.template.spec.containers;
  });

  it("is a job of the operator's second version, for Open MPI", () => {
    expect(job).toMatchObject({ apiVersion: "kubeflow.org/v2beta1", kind: "MPIJob" });
    expect(job.spec.mpiImplementation).toBe("OpenMPI");
  });

  it("starts as many ranks as the workers have slots", () => {
    const ranks = Number(launcher.args[launcher.args.indexOf("-n") + 1]);
    expect(ranks).toBe(job.spec.mpiReplicaSpecs.Worker.replicas * job.spec.slotsPerWorker);
    expect(job.spec.mpiReplicaSpecs.Launcher.replicas).toBe(1);
  });

  it("starts millrace by mpirun, with all cores for each rank, where every rank has the data", () => {
    const { args } = launcher;
    expect(launcher.command).toEqual(["mpirun"]);
    expect(args[args.indexOf("--bind-to") + 1]).toBe("none");
    expect(args.slice(args.indexOf("millrace"), args.indexOf("millrace") + 2)).toEqual(["millrace", "run"]);
    const mounted = (worker.volumeMounts ?? []).map(({ mountPath }) => mountPath);
    const places = [args[args.indexOf("--wdir") + 1], args[args.indexOf("--out") + 1]];
    expect(places.every((place) => mounted.some((path) => place.startsWith(path)))).toBe(true);
  });

  it("has one image, one user, and every volume that is mounted", () => {
    expect(worker.image).toBe(launcher.image);
    expect(worker.securityContext).toEqual(launcher.securityContext);
    const volumes = (job.spec.mpiReplicaSpecs.Worker.template.spec.volumes ?? []).map(({ name }) => name);
    expect((worker.volumeMounts ?? []).map(({ name }) => name)).toEqual(volumes);
  });

  it("reaches the workers by the keys that the operator brings", () => {
    expect(job.spec.sshAuthMountPath).toBe("/home/mpiuser/.ssh");
    expect(worker.args).toContain("/home/mpiuser/.sshd_config");
  });

  it("says that nobody has run it", async () => {
    expect(await file("mpijob.yaml")).toContain("Untested");
    expect(await file("Dockerfile")).toContain("Untested");
  });
});
