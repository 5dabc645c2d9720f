/** Links that lead out of the conversation: to a tab of their own, which those who listen are told of. */

/** The id of the element with the words for it; it is outside of what links say, so that nobody copies it along. */
export const NEW_TAB = 'ck-new-tab';

export const outward = {
  target: '_blank',
  rel: 'noopener noreferrer',
  'aria-describedby': NEW_TAB,
} as const;
