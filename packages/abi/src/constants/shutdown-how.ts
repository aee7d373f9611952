/** shutdown(2): no more receiving. */
export const SHUT_RD = 0;
/** shutdown(2): no more sending; a FIN follows the queued data. */
export const SHUT_WR = 1;
/** shutdown(2): neither direction. */
export const SHUT_RDWR = 2;
