export { programs } from '@synos/userland/all';
