/** I/O ports of the PC's own devices, at the addresses that they have had since 1984 (PCI's and the ELCR's since 1993). */
export const port = {
  masterPic: 0x20,
  slavePic: 0xa0,
  timer: 0x40,
  serial: 0x3f8,
  /** Which lines of both interrupt controllers are level-triggered, a byte each. */
  edgeLevel: 0x4d0,
  pciAddress: 0xcf8,
  pciData: 0xcfc,
} as const;

/** Lines of the interrupt controller that the PC's own devices have. */
export const interruptLine = {
  timer: 0,
  serial: 4,
} as const;
