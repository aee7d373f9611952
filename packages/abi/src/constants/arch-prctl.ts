// Operations of arch_prctl(2): arch/x86/include/uapi/asm/prctl.h.

/** Set GS base. */
export const ARCH_SET_GS = 0x1001;
/** Set FS base, where threads have their local storage. */
export const ARCH_SET_FS = 0x1002;
/** Store FS base. */
export const ARCH_GET_FS = 0x1003;
/** Store GS base. */
export const ARCH_GET_GS = 0x1004;
/** Whether CPUID is permitted. */
export const ARCH_GET_CPUID = 0x1011;
/** Permit CPUID, or let it fault. */
export const ARCH_SET_CPUID = 0x1012;
