/** A web service that says who may come in and do what: global, or per listener with `per_listener_settings true`. */

/** Rows; Zanzara only. */
export const httpOptions = {} as const;
