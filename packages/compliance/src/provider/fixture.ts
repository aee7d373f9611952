import type { Address, SocketProvider } from '@synos/interfaces';
import type { Case } from '../case.js';

/** What a provider may lack, as its `lacks` names it; cases need these. */
export type ProviderAbility =
  // kinds
  | 'stream'
  | 'datagram'
  | 'inet6'
  | 'unix'
  | 'raw'
  // things to do
  /** `listen` and `accept`. */
  | 'listen'
  /** A bound stream that does not listen refuses connections. */
  | 'bind-without-listen'
  /** `shutdown` of one direction. */
  | 'half-close'
  /** Closing while received bytes are unread resets (RFC 2525 §2.17). */
  | 'reset-on-unread'
  /** A connected datagram endpoint learns that nobody listens (RFC 1122 §4.1.3.3). */
  | 'refusal'
  /** Datagrams of 9,000 bytes pass. */
  | 'large-datagrams'
  /** Datagrams: `transfer.more` collects. */
  | 'collect'
  /** Urgent data. No case asks for it: the contract has no call for it yet. */
  | 'urgent'
  /** `info()` answers on streams. */
  | 'info'
  /** bind, listen or connect may answer `pending`: a provider that always answers at once lacks it. */
  | 'pending'
  // of the fixture
  /** `unroutableAddress` is given. */
  | 'unroutable'
  /** `openCount` is given. */
  | 'count'
  // an option behind its kind: 'stream ttl'
  | `stream ${string}`
  | `datagram ${string}`;

/** One of two places that sockets are opened at; both may be the same. */
export interface ProviderSide {
  readonly provider: SocketProvider;
  /** Where the other side reaches it. */
  readonly address: Address;
}

/** Providers that reach one another, and a way to let things happen. */
export interface ProviderFixture {
  readonly a: ProviderSide;
  readonly b: ProviderSide;
  /**
   * Lets at least so many milliseconds pass, of virtual or of real time, and all happen that becomes due meanwhile. No
   * case asks how long anything took.
   */
  settle(ms: number): void | Promise<void>;
  /** An address of neither side. */
  readonly foreignAddress: Address;
  /** For ability `unroutable`: an address that no route leads to. */
  readonly unroutableAddress?: Address;
  /** For ability `count`: how many endpoints (or handles of a host) are open, those included that close. */
  openCount?(): number;
  /** Ends everything. Called once, whatever happened. */
  dispose(): void | Promise<void>;
}

/** Makes a fresh fixture, shared with nobody. */
export type ProviderSetup = () => ProviderFixture | Promise<ProviderFixture>;

/** What a case is about, from the ground up. */
export const providerLevels = [
  'kinds',
  'streams',
  'listen',
  'half-close',
  'close',
  'errors',
  'options',
  'datagrams',
  'readiness',
  'pending',
  'bounds',
] as const;
/** One of {@link providerLevels}. */
export type ProviderLevel = (typeof providerLevels)[number];

/** A case of {@link socketProviderSuite}. */
export interface ProviderCase extends Case {
  readonly level: ProviderLevel;
  readonly needs: readonly ProviderAbility[];
}
