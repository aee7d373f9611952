import { POLLIN, POLLOUT } from '@synos/abi';
import { type Socket, Waiter, type WaiterTarget } from '@synos/socket';
import { check, HonestyError } from '../harness/honesty.js';
import type { Side } from '../harness/side.js';
import type { Sample } from '../harness/statistics.js';
import { Stopwatch } from '../harness/stopwatch.js';
import type { Hosts } from './hosts.js';
import { acceptFrom, isNow, openListener, openSocket, wakeFor } from './sockets.js';

const requestByte = 0x3f;
const answerByte = 0x21;
/** 60 s as Linux has them: a round and its check must be over before. */
const timeWaitMs = 60_000;

/** A server that answers a byte by a byte and closes when its peer has. */
class Service implements WaiterTarget {
  served = 0;
  private readonly listener: Socket;

  constructor(hosts: Hosts, port: number) {
    this.listener = openListener(hosts.server, port, 4096);
    wakeFor(this.listener, POLLIN, this);
  }

  woken(): void {
    for (;;) {
      const socket = acceptFrom(this.listener);
      if (socket === null) return;
      new Served(this, socket);
    }
  }

  close(): void {
    this.listener.close();
  }
}

class Served implements WaiterTarget {
  private readonly service: Service;
  private readonly socket: Socket;
  private readonly byte = new Uint8Array(1);

  constructor(service: Service, socket: Socket) {
    this.service = service;
    this.socket = socket;
    socket.addWaiter(new Waiter(POLLIN, this));
    // The request may have come before anybody waited for it.
    this.woken();
  }

  woken(): void {
    for (;;) {
      const count = this.socket.recv(this.byte);
      if (!isNow(count)) return;
      if (count === 0) {
        this.service.served += 1;
        this.socket.close();
        return;
      }
      check(this.byte[0] === requestByte, 'ours: a request was not what had been sent');
      this.byte[0] = answerByte;
      check(this.socket.send(this.byte) === 1, 'ours: an answer did not fit');
    }
  }
}

/** Opens `amount` connections, `concurrency` at once. */
class Load {
  opened = 0;
  answered = 0;
  private readonly hosts: Hosts;
  private readonly port: number;
  private readonly amount: number;
  private readonly portsUsed = new Uint8Array(65_536);
  private readonly name = { address: { w0: 0, w1: 0, w2: 0, w3: 0 }, port: 0 };

  constructor(hosts: Hosts, port: number, amount: number) {
    this.hosts = hosts;
    this.port = port;
    this.amount = amount;
  }

  open(): void {
    if (this.opened === this.amount) return;
    this.opened += 1;
    const socket = openSocket(this.hosts.client);
    new Attempt(this, socket);
    isNow(socket.connect({ address: this.hosts.serverAddress, port: this.port }));
    socket.getsockname(this.name);
    if (this.portsUsed[this.name.port] !== 0) throw new HonestyError(`ours: port ${this.name.port} came twice`);
    this.portsUsed[this.name.port] = 1;
  }
}

class Attempt implements WaiterTarget {
  private readonly load: Load;
  private readonly socket: Socket;
  private readonly byte = new Uint8Array(1);
  private readonly waiter: Waiter;

  constructor(load: Load, socket: Socket) {
    this.load = load;
    this.socket = socket;
    this.waiter = new Waiter(POLLOUT, this);
    socket.addWaiter(this.waiter);
  }

  woken(events: number): void {
    if ((events & POLLOUT) !== 0) {
      this.waiter.mask = POLLIN;
      this.byte[0] = requestByte;
      if (isNow(this.socket.send(this.byte))) return;
    }
    const count = this.socket.recv(this.byte);
    if (!isNow(count)) return;
    check(count === 1 && this.byte[0] === answerByte, 'ours: an answer was not what had been sent');
    this.socket.close();
    this.load.answered += 1;
    this.load.open();
  }
}

/**
 * Connections through the non-blocking socket API: connect, a byte each way, close. A fresh listener, and so a fresh
 * port, for each round, as for the peer: no flow comes twice while TIME-WAIT remembers it, and every one is counted.
 */
export class OurConnections implements Side {
  private readonly hosts: Hosts;
  private readonly concurrency: number;
  private port = 6000;
  private note = '';

  constructor(hosts: Hosts, concurrency: number) {
    this.hosts = hosts;
    this.concurrency = concurrency;
  }

  async round(amount: number): Promise<Sample> {
    return this.run(amount);
  }

  run(amount: number): Sample {
    check(amount <= 20_000, 'a round has at most 20,000 connections');
    this.port += 1;
    const service = new Service(this.hosts, this.port);
    const load = new Load(this.hosts, this.port, amount);
    const before = this.hosts.client.counters();
    const startMs = performance.now();
    const watch = new Stopwatch();
    for (let index = 0; index < this.concurrency; index += 1) load.open();
    this.hosts.pump(() => load.answered === amount && service.served === amount);
    const sample = watch.sample(amount);
    service.close();
    // The last FINs may still be on their way to be acknowledged.
    const since = (name: string): number => this.hosts.client.counters()[name]! - before[name]!;
    this.hosts.pump(() => since('tcp.timeWaits') + since('tcp.timeWaitOverflow') >= amount);
    const timeWaits = since('tcp.timeWaits');
    check(performance.now() - startMs < timeWaitMs, 'ours: the round outlived its TIME-WAIT');
    check(timeWaits === amount, `ours: ${timeWaits} of ${amount} connections went through TIME-WAIT`);
    check(since('tcp.timeWaitReused') === 0, 'ours: a flow in TIME-WAIT was used again');
    this.note = `last round: ${timeWaits} of ${amount} in TIME-WAIT for 60 s, ${this.concurrency} at once, no flow twice`;
    return sample;
  }

  notes(): string[] {
    return [this.note];
  }

  close(): void {
    this.hosts.dispose();
  }
}
