/** Anchors that concern a server and that no byte script plays, each with the reason. */
export const notTested: Readonly<Record<string, string>> = {};
