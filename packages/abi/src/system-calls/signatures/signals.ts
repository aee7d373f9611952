import {
  call,
  fd,
  flags,
  int,
  pid,
  signal,
  sigsetIn,
  size,
  structIn,
  structOut,
  timespecIn,
  unsigned,
} from './notation.js';

/** rt_sigaction(2), rt_sigprocmask(2), kill(2), sigaltstack(2), signalfd(2) and their relatives. */
export const signalSignatures = () => ({
  rt_sigaction: call(
    'none',
    signal('signum'),
    structIn('act', 'struct sigaction'),
    structOut('oldact', 'struct sigaction'),
    size('sigsetsize'),
  ),
  rt_sigprocmask: call(
    'none',
    int('how', 'SIG_'),
    sigsetIn('set'),
    structOut('oldset', 'sigset_t', 'sigsetsize'),
    size('sigsetsize'),
  ),
  // Goes back to where the signal came; all registers are those that the frame on the stack has.
  rt_sigreturn: call('never'),
  rt_sigpending: call('none', structOut('set', 'sigset_t', 'sigsetsize'), size('sigsetsize')),
  rt_sigsuspend: call('none', sigsetIn('mask'), size('sigsetsize')),
  rt_sigtimedwait: call(
    'int',
    sigsetIn('set'),
    structOut('info', 'siginfo_t'),
    timespecIn('timeout'),
    size('sigsetsize'),
  ),
  rt_sigqueueinfo: call('none', pid('tgid'), signal(), structIn('info', 'siginfo_t')),
  rt_tgsigqueueinfo: call('none', pid('tgid'), pid('tid'), signal(), structIn('info', 'siginfo_t')),
  sigaltstack: call('none', structIn('ss', 'stack_t'), structOut('old_ss', 'stack_t')),
  kill: call('none', pid('pid'), signal()),
  tkill: call('none', pid('tid'), signal()),
  tgkill: call('none', pid('tgid'), pid('tid'), signal()),
  pause: call('none'),
  alarm: call('int', unsigned('seconds')),
  signalfd: call('fd', fd(), sigsetIn('mask', 'sizemask'), size('sizemask')),
  signalfd4: call('fd', fd(), sigsetIn('mask', 'sizemask'), size('sizemask'), flags('flags', 'SFD_')),
  // What is left of a call that a signal interrupted; programs do not call it.
  restart_syscall: call('int'),
});
