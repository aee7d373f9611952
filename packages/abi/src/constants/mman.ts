// Arguments of mmap(2), mprotect(2), mremap(2), msync(2), mlock(2) and madvise(2):
// include/uapi/asm-generic/mman-common.h and mman.h.

/** No access. */
export const PROT_NONE = 0x0;
/** Reading. */
export const PROT_READ = 0x1;
/** Writing. */
export const PROT_WRITE = 0x2;
/** Execution. */
export const PROT_EXEC = 0x4;
/** mprotect(2): from the start of a region that grows down. */
export const PROT_GROWSDOWN = 0x1000000;
/** mprotect(2): up to the end of a region that grows up. */
export const PROT_GROWSUP = 0x2000000;
/** Writes are seen by all who map the object. */
export const MAP_SHARED = 0x1;
/** Writes are the process's own: copy on write. */
export const MAP_PRIVATE = 0x2;
/** {@link MAP_SHARED}, with EOPNOTSUPP for flags that are not known. */
export const MAP_SHARED_VALIDATE = 0x3;
/** Mask of the three above. */
export const MAP_TYPE = 0xf;
/** At that address, in place of whatever is there. */
export const MAP_FIXED = 0x10;
/** No file: zeros. */
export const MAP_ANONYMOUS = 0x20;
/** Old name of {@link MAP_ANONYMOUS}. */
export const MAP_ANON = MAP_ANONYMOUS;
/** In the first 2 GB. */
export const MAP_32BIT = 0x40;
/** A stack: grows down when touched below its start. */
export const MAP_GROWSDOWN = 0x100;
/** Ignored. */
export const MAP_DENYWRITE = 0x800;
/** Ignored. */
export const MAP_EXECUTABLE = 0x1000;
/** Lock its pages, as mlock(2). */
export const MAP_LOCKED = 0x2000;
/** Reserve no swap space. */
export const MAP_NORESERVE = 0x4000;
/** Have its pages there at once. */
export const MAP_POPULATE = 0x8000;
/** With {@link MAP_POPULATE}: nothing that needs reading. */
export const MAP_NONBLOCK = 0x10000;
/** A stack; no effect. */
export const MAP_STACK = 0x20000;
/** Huge pages. */
export const MAP_HUGETLB = 0x40000;
/** Writes to persistent memory last. */
export const MAP_SYNC = 0x80000;
/** At that address, or EEXIST. */
export const MAP_FIXED_NOREPLACE = 0x100000;
/** Ignored. */
export const MAP_FILE = 0x0;
/** mremap(2): may move the region. */
export const MREMAP_MAYMOVE = 1;
/** mremap(2): move it to that address. */
export const MREMAP_FIXED = 2;
/** mremap(2): leave the old range mapped, and empty. */
export const MREMAP_DONTUNMAP = 4;
/** msync(2): begin writing. */
export const MS_ASYNC = 1;
/** msync(2): other mappings read anew. */
export const MS_INVALIDATE = 2;
/** msync(2): write, and wait for it. */
export const MS_SYNC = 4;
/** mlockall(2): what is mapped now. */
export const MCL_CURRENT = 1;
/** mlockall(2): what will be mapped. */
export const MCL_FUTURE = 2;
/** mlockall(2): each page when it is first touched. */
export const MCL_ONFAULT = 4;
/** mlock2(2): each page when it is first touched. */
export const MLOCK_ONFAULT = 1;
/** No advice. */
export const MADV_NORMAL = 0;
/** Reads will be anywhere: do not read ahead. */
export const MADV_RANDOM = 1;
/** Reads will be in order. */
export const MADV_SEQUENTIAL = 2;
/** Will be used soon. */
export const MADV_WILLNEED = 3;
/** Not needed: private anonymous pages are zero when next touched. */
export const MADV_DONTNEED = 4;
/** May be freed, until written again. */
export const MADV_FREE = 8;
/** Free the pages and the space behind them. */
export const MADV_REMOVE = 9;
/** Not in a child. */
export const MADV_DONTFORK = 10;
/** Undo {@link MADV_DONTFORK}. */
export const MADV_DOFORK = 11;
/** May be merged with equal pages. */
export const MADV_MERGEABLE = 12;
/** Undo {@link MADV_MERGEABLE}. */
export const MADV_UNMERGEABLE = 13;
/** Huge pages are welcome. */
export const MADV_HUGEPAGE = 14;
/** No huge pages. */
export const MADV_NOHUGEPAGE = 15;
/** Not in a core dump. */
export const MADV_DONTDUMP = 16;
/** Undo {@link MADV_DONTDUMP}. */
export const MADV_DODUMP = 17;
/** Zero in a child. */
export const MADV_WIPEONFORK = 18;
/** Undo {@link MADV_WIPEONFORK}. */
export const MADV_KEEPONFORK = 19;
/** Reclaim early. */
export const MADV_COLD = 20;
/** Reclaim now. */
export const MADV_PAGEOUT = 21;
/** Make readable now, as if read. */
export const MADV_POPULATE_READ = 22;
/** Make writable now, as if written. */
export const MADV_POPULATE_WRITE = 23;
/** {@link MADV_DONTNEED} for locked pages too. */
export const MADV_DONTNEED_LOCKED = 24;
/** Make huge pages of it now. */
export const MADV_COLLAPSE = 25;
/** Poison a page, for tests. */
export const MADV_HWPOISON = 100;
/** Take a page out of use, for tests. */
export const MADV_SOFT_OFFLINE = 101;
/** memfd_create(2): close on exec. */
export const MFD_CLOEXEC = 0x1;
/** memfd_create(2): seals may be added. */
export const MFD_ALLOW_SEALING = 0x2;
/** memfd_create(2): huge pages. */
export const MFD_HUGETLB = 0x4;
