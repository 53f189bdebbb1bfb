/** How much clients may ask for, and how quickly: global, or per listener with `per_listener_settings true`. */

/** Rows; Zanzara only. */
export const rateOptions = {} as const;
