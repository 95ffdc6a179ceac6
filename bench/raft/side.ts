/** One of the two systems, as three processes on this machine. */
export interface Side {
  readonly name: "mailbastion" | "etcd";
  /** Starts a new cluster below `folder`, which is empty; ready when all members follow one leader. */
  start(setup: Setup): Promise<Cluster>;
}

export interface Setup {
  readonly folder: string;
  readonly syncs: Syncs;
}

/** What becomes of every fsync and fdatasync: it is done, done after a wait, or only said to be done. */
export type Syncs = "done" | "left out" | { readonly delayMs: number };

export interface Cluster {
  /** Whether `pid` is that of a tracer, whose processor time says nothing of the member's. */
  readonly isTraced: boolean;
  readonly members: readonly Member[];
  /** Ends all processes; the folder stays. */
  stop(): Promise<void>;
}

export interface Member {
  /** Where clients find it: host:port, gRPC without TLS. */
  readonly endpoint: string;
  /** The process that does the work; undefined while there is none. */
  readonly pid: number | undefined;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
}
