/** Bits of RFLAGS (SDM vol. 1, 3.4.3; vol. 3, 2.3). The upper 32 are reserved and zero. */
export const rflag = {
  carry: 1 << 0,
  /** Reserved, always set. */
  one: 1 << 1,
  parity: 1 << 2,
  adjust: 1 << 4,
  zero: 1 << 6,
  sign: 1 << 7,
  /** TF: a debug exception after each instruction. */
  trap: 1 << 8,
  /** IF: interrupts are taken. */
  interrupt: 1 << 9,
  direction: 1 << 10,
  overflow: 1 << 11,
  /** IOPL: the highest ring that may use ports; two bits. */
  ioPrivilege: 3 << 12,
  nestedTask: 1 << 14,
  /** RF: no instruction breakpoint at the next instruction. */
  resume: 1 << 16,
  /** VM: virtual-8086 mode, which long mode does not have. */
  virtual8086: 1 << 17,
  /** AC: alignment checks in ring 3, and in ring 0 the permission to touch user pages under SMAP. */
  alignmentCheck: 1 << 18,
  virtualInterrupt: 1 << 19,
  virtualInterruptPending: 1 << 20,
  identification: 1 << 21,
} as const;
