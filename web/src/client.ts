/** The one client of this page. */

import { indexedDbStore, ParleyClient } from "parley-client";

export const client = new ParleyClient({ url: "", mode: "cookies", store: indexedDbStore() });

// What waits to be kept is written before the page may be gone.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") void client.flush();
});
