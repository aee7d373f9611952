export type { ConnectListener, ConnectOptions, SocketOptions } from './connect-options.js';
export { createHttpAgent, serveHttp } from './http.js';
export { type Connect, type CreateServer, createNet, type Net, type NetOptions } from './net.js';
export type { AddressInfo } from './place.js';
export type { ListenOptions, Server, ServerOptions } from './server.js';
export type { Socket } from './socket.js';
