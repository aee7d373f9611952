import type { TcpKnobAnswer } from '@synos/compliance';
import { defaultSettings, type TcpSettings } from '@synos/tcp';

/** What a knob's text becomes: settings, `false` where this value cannot be had, `undefined` where it is no value. */
type Meaning = (value: string) => Partial<TcpSettings> | false | undefined;

/** What a knob changes, or why it changes nothing. */
export interface KnobEffect {
  readonly answer: TcpKnobAnswer;
  readonly settings: Partial<TcpSettings>;
}

/** A whole number, 0 or more. */
function whole(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function number(toSettings: (value: number) => Partial<TcpSettings>, least = 0): Meaning {
  return (text) => {
    const value = whole(text);
    return value === undefined || value < least ? undefined : toSettings(value);
  };
}

/** 0 or 1. Linux and FreeBSD have more values for some, which nobody here has. */
function flag(toSettings: (on: boolean) => Partial<TcpSettings>): Meaning {
  return (text) => {
    const value = whole(text);
    if (value === undefined) return undefined;
    return value <= 1 && toSettings(value === 1);
  };
}

/** A knob for what is not built: it stands at this value and cannot be turned. */
function fixed(...values: readonly string[]): Meaning {
  return (text) => values.includes(text) && {};
}

/**
 * The default of three: least, default, most. Linux counts its own records in, and answers SO_SNDBUF with this very number;
 * half of it is for data, as `socket` has it.
 */
function middle(toSettings: (bytes: number) => Partial<TcpSettings>): Meaning {
  return (text) => {
    const values = text.trim().split(/\s+/).map(whole);
    const [least, usual, most] = values;
    if (values.length !== 3 || least === undefined || usual === undefined || most === undefined) return undefined;
    return toSettings(Math.max(1, Math.floor(usual / 2)));
  };
}

/** Linux: Documentation/networking/ip-sysctl.rst. */
const linux: Readonly<Record<string, Meaning>> = {
  'net.ipv4.tcp_timestamps': flag((timestamps) => ({ timestamps })),
  'net.ipv4.tcp_sack': flag((selectiveAcknowledgements) => ({ selectiveAcknowledgements })),
  'net.ipv4.tcp_window_scaling': flag((windowScaling) => ({ windowScaling })),
  'net.ipv4.tcp_syn_retries': number((synRetries) => ({ synRetries })),
  'net.ipv4.tcp_synack_retries': number((synAckRetries) => ({ synAckRetries })),
  'net.ipv4.tcp_retries2': number((retries) => ({ retries })),
  'net.ipv4.tcp_fin_timeout': number((seconds) => ({ finWait2Ms: seconds * 1000 })),
  'net.ipv4.tcp_rto_min_us': number((us) => ({ minRtoMs: Math.max(1, Math.round(us / 1000)) }), 1),
  'net.ipv4.tcp_max_tw_buckets': number((timeWaitLimit) => ({ timeWaitLimit })),
  'net.ipv4.tcp_max_syn_backlog': number((synQueueLimit) => ({ synQueueLimit }), 1),
  'net.core.somaxconn': number((maxBacklog) => ({ maxBacklog }), 1),
  'net.ipv4.tcp_rmem': middle((receiveBufferBytes) => ({ receiveBufferBytes })),
  'net.ipv4.tcp_wmem': middle((sendBufferBytes) => ({ sendBufferBytes })),
  'net.ipv4.tcp_congestion_control': fixed('reno'),
  'net.ipv4.tcp_ecn': fixed('0'),
  'net.ipv4.tcp_fastopen': fixed('0'),
  'net.ipv4.tcp_syncookies': fixed('0'),
};

/** FreeBSD: tcp(4). */
const freebsd: Readonly<Record<string, Meaning>> = {
  'net.inet.tcp.rfc1323': flag((on) => ({ timestamps: on, windowScaling: on })),
  'net.inet.tcp.sack.enable': flag((selectiveAcknowledgements) => ({ selectiveAcknowledgements })),
  'net.inet.tcp.recvspace': number((receiveBufferBytes) => ({ receiveBufferBytes }), 1),
  'net.inet.tcp.sendspace': number((sendBufferBytes) => ({ sendBufferBytes }), 1),
  'net.inet.tcp.delacktime': number((delayedAckMs) => ({ delayedAckMs })),
  'net.inet.tcp.msl': number((mslMs) => ({ timeWaitMs: 2 * mslMs })),
  'net.inet.tcp.rexmit_initial': number((initialRtoMs) => ({ initialRtoMs }), 1),
  'net.inet.tcp.rexmit_min': number((minRtoMs) => ({ minRtoMs }), 1),
  'net.inet.tcp.finwait2_timeout': number((finWait2Ms) => ({ finWait2Ms })),
  'kern.ipc.somaxconn': number((maxBacklog) => ({ maxBacklog }), 1),
  'net.inet.tcp.blackhole': fixed('0'),
  'net.inet.tcp.ecn.enable': fixed('0'),
  'net.inet.tcp.insecure_rst': fixed('0'),
  'net.inet.tcp.insecure_syn': fixed('0'),
  'net.inet.tcp.syncookies': fixed('0'),
  'net.inet.tcp.syncookies_only': fixed('0'),
};

/** Our own: `synos.tcp.delayedAckMs`, and whatever else of `TcpSettings` is a number or a flag. */
const ownPrefix = 'synos.tcp.';

function ownMeaning(name: string): Meaning | undefined {
  if (!Object.hasOwn(defaultSettings, name) || name === 'congestionControl') return undefined;
  const usual = defaultSettings[name as keyof TcpSettings];
  if (typeof usual === 'boolean') return flag((on) => ({ [name]: on }));
  return number((value) => ({ [name]: value }));
}

/**
 * What a knob does.
 *
 * @param knob - as sysctl has it, or as a path below `/proc/sys`
 */
export function knobEffect(knob: string, value: string | number): KnobEffect {
  const name = knob.startsWith('/proc/sys/') ? knob.slice('/proc/sys/'.length).replaceAll('/', '.') : knob;
  const known = Object.hasOwn(linux, name) ? linux[name] : Object.hasOwn(freebsd, name) ? freebsd[name] : undefined;
  const meaning = known ?? (name.startsWith(ownPrefix) ? ownMeaning(name.slice(ownPrefix.length)) : undefined);
  if (meaning === undefined) return { answer: 'unknown', settings: {} };
  const settings = meaning(String(value).trim());
  if (settings === undefined) return { answer: 'invalid', settings: {} };
  return settings === false ? { answer: 'unsupported', settings: {} } : { answer: 'done', settings };
}
