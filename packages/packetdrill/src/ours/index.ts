export { createStackTarget, type StackTarget, type StackTargetSettings } from './target.js';
