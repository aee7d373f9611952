export { describePacket } from './describe-packet.js';
