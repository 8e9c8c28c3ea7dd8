import type { ShownMessage } from "parley-client";

/** What one is writing about: an answer to a message, or another text for one's own. */
export type About = { kind: "reply" | "edit"; message: ShownMessage } | null;
