// Keys of the auxiliary vector: include/uapi/linux/auxvec.h, arch/x86/include/uapi/asm/auxvec.h; getauxval(3).

/** End of the vector. */
export const AT_NULL = 0;
/** Skip it. */
export const AT_IGNORE = 1;
/** Descriptor of the program. */
export const AT_EXECFD = 2;
/** Address of the program headers. */
export const AT_PHDR = 3;
/** Size of one of them, in bytes. */
export const AT_PHENT = 4;
/** Number of them. */
export const AT_PHNUM = 5;
/** Size of a page, in bytes. */
export const AT_PAGESZ = 6;
/** Address of the interpreter. */
export const AT_BASE = 7;
/** Flags; none are used. */
export const AT_FLAGS = 8;
/** Entry point of the program. */
export const AT_ENTRY = 9;
/** The program is no ELF file. */
export const AT_NOTELF = 10;
/** Real user. */
export const AT_UID = 11;
/** Effective user. */
export const AT_EUID = 12;
/** Real group. */
export const AT_GID = 13;
/** Effective group. */
export const AT_EGID = 14;
/** Address of the machine's name: `x86_64`. */
export const AT_PLATFORM = 15;
/** Processor's abilities: CPUID 1, edx. */
export const AT_HWCAP = 16;
/** Ticks a second of times(2). */
export const AT_CLKTCK = 17;
/** Non-zero: a program with more rights than its caller. */
export const AT_SECURE = 23;
/** Address of the real machine's name. */
export const AT_BASE_PLATFORM = 24;
/** Address of 16 random bytes. */
export const AT_RANDOM = 25;
/** More abilities. */
export const AT_HWCAP2 = 26;
/** Address of the program's file name. */
export const AT_EXECFN = 31;
/** Address of the vDSO. */
export const AT_SYSINFO_EHDR = 33;
/** Smallest stack that a signal needs, in bytes. */
export const AT_MINSIGSTKSZ = 51;
