/** JSON Web Tokens as passwords: global, or per listener with `per_listener_settings true`. */

/** Rows; Zanzara only. */
export const jwtOptions = {} as const;
