import type { Layout } from './layout.js';

/** `struct sigaction`: rt_sigaction(2), as the kernel has it; the C library has another. */
export const sigactionLayout = {
  name: 'struct sigaction',
  size: 32,
  align: 8,
  fields: [
    { name: 'sa_handler', key: 'handler', offset: 0, size: 8, type: 'pointer' },
    { name: 'sa_flags', key: 'flags', offset: 8, size: 8, type: 'u64' },
    { name: 'sa_restorer', key: 'restorer', offset: 16, size: 8, type: 'pointer' },
    { name: 'sa_mask', key: 'mask', offset: 24, size: 8, type: 'u64' },
  ],
} as const satisfies Layout;

/** `stack_t`: sigaltstack(2). */
export const stackLayout = {
  name: 'stack_t',
  size: 24,
  align: 8,
  fields: [
    { name: 'ss_sp', key: 'base', offset: 0, size: 8, type: 'pointer' },
    { name: 'ss_flags', key: 'flags', offset: 8, size: 4, type: 'i32' },
    { name: 'ss_size', key: 'sizeBytes', offset: 16, size: 8, type: 'u64' },
  ],
} as const satisfies Layout;

/** `siginfo_t`: waitid(2), sigaction(2). What is in the last part depends on the signal and the code. */
export const siginfoLayout = {
  name: 'siginfo_t',
  size: 128,
  align: 8,
  fields: [
    { name: 'si_signo', key: 'signal', offset: 0, size: 4, type: 'i32' },
    { name: 'si_errno', key: 'errno', offset: 4, size: 4, type: 'i32' },
    { name: 'si_code', key: 'code', offset: 8, size: 4, type: 'i32' },
    { name: '_sifields', key: 'fields', offset: 16, size: 32, type: 'bytes' },
  ],
} as const satisfies Layout;

/** `struct ucontext`: what a handler gets, and what rt_sigreturn(2) reads back; as the kernel has it. */
export const ucontextLayout = {
  name: 'struct ucontext',
  size: 304,
  align: 8,
  fields: [
    { name: 'uc_flags', key: 'flags', offset: 0, size: 8, type: 'u64' },
    { name: 'uc_link', key: 'link', offset: 8, size: 8, type: 'pointer' },
    { name: 'uc_stack.ss_sp', key: 'stackBase', offset: 16, size: 8, type: 'pointer' },
    { name: 'uc_stack.ss_flags', key: 'stackFlags', offset: 24, size: 4, type: 'i32' },
    { name: 'uc_stack.ss_size', key: 'stackSizeBytes', offset: 32, size: 8, type: 'u64' },
    { name: 'uc_mcontext.r8', key: 'r8', offset: 40, size: 8, type: 'u64' },
    { name: 'uc_mcontext.r9', key: 'r9', offset: 48, size: 8, type: 'u64' },
    { name: 'uc_mcontext.r10', key: 'r10', offset: 56, size: 8, type: 'u64' },
    { name: 'uc_mcontext.r11', key: 'r11', offset: 64, size: 8, type: 'u64' },
    { name: 'uc_mcontext.r12', key: 'r12', offset: 72, size: 8, type: 'u64' },
    { name: 'uc_mcontext.r13', key: 'r13', offset: 80, size: 8, type: 'u64' },
    { name: 'uc_mcontext.r14', key: 'r14', offset: 88, size: 8, type: 'u64' },
    { name: 'uc_mcontext.r15', key: 'r15', offset: 96, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rdi', key: 'rdi', offset: 104, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rsi', key: 'rsi', offset: 112, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rbp', key: 'rbp', offset: 120, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rbx', key: 'rbx', offset: 128, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rdx', key: 'rdx', offset: 136, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rax', key: 'rax', offset: 144, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rcx', key: 'rcx', offset: 152, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rsp', key: 'rsp', offset: 160, size: 8, type: 'u64' },
    { name: 'uc_mcontext.rip', key: 'rip', offset: 168, size: 8, type: 'u64' },
    { name: 'uc_mcontext.eflags', key: 'eflags', offset: 176, size: 8, type: 'u64' },
    { name: 'uc_mcontext.cs', key: 'cs', offset: 184, size: 2, type: 'u16' },
    { name: 'uc_mcontext.gs', key: 'gs', offset: 186, size: 2, type: 'u16' },
    { name: 'uc_mcontext.fs', key: 'fs', offset: 188, size: 2, type: 'u16' },
    { name: 'uc_mcontext.ss', key: 'ss', offset: 190, size: 2, type: 'u16' },
    { name: 'uc_mcontext.err', key: 'error', offset: 192, size: 8, type: 'u64' },
    { name: 'uc_mcontext.trapno', key: 'vector', offset: 200, size: 8, type: 'u64' },
    { name: 'uc_mcontext.oldmask', key: 'oldMask', offset: 208, size: 8, type: 'u64' },
    { name: 'uc_mcontext.cr2', key: 'cr2', offset: 216, size: 8, type: 'u64' },
    { name: 'uc_mcontext.fpstate', key: 'fpstate', offset: 224, size: 8, type: 'pointer' },
    { name: 'uc_mcontext.reserved1', key: 'reserved', offset: 232, size: 64, type: 'bytes' },
    { name: 'uc_sigmask', key: 'mask', offset: 296, size: 8, type: 'u64' },
  ],
} as const satisfies Layout;
