/** Largest backlog of listen(2) by default: `net.core.somaxconn` since Linux 5.4. A larger one is cut to it. */
export const SOMAXCONN = 4096;
