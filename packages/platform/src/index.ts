/** I/O ports of the PC's own devices, at the addresses that they have had since 1984. */
export const port = {
  masterPic: 0x20,
  slavePic: 0xa0,
  timer: 0x40,
  serial: 0x3f8,
  pciAddress: 0xcf8,
  pciData: 0xcfc,
} as const;
