export { createPing, type Ping, type PingDone } from '@synos/ip';
