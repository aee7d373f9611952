/** How grave a message is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where messages for people go. Core packages write nowhere else. */
export interface Logger {
  log(level: LogLevel, message: string): void;
}
