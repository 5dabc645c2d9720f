/** A theme made to measure: a chunk of its own. */
export { registerFonts } from './fonts';
export { themeSheet } from './theme';
