/** How much of everything there is in use: equal before and after, or something leaks. */
export interface Census {
  /** Page frames that are out. */
  readonly usedFrames: number;
  /** Page frames that are promised. */
  readonly reservedFrames: number;
  /** Packets that are out, without those that wait in cards to be received into. */
  readonly packets: number;
  /** Bytes of socket rings that are out. */
  readonly ringBytes: number;
  /** Processes, zombies included. */
  readonly processes: number;
  readonly zombies: number;
  /** Open descriptors of all processes. */
  readonly descriptors: number;
  /** System calls that wait. */
  readonly parkedCalls: number;
  readonly timers: number;
  /** What the files count, such as open ones. */
  readonly files: Readonly<Record<string, number>>;
  /** What each network counts, such as ports and connections. */
  readonly networks: readonly Readonly<Record<string, number>>[];
}
