export { type Leaf, type PageTables, right } from './page-tables/page-tables.js';
