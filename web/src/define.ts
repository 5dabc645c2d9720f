/** Registers the element: the only side effect of the script. */
export {};
