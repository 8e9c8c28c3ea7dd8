import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.PARLEY_URL ?? "http://localhost:8000";

export default defineConfig({
  // The client's source: one build for both, and errors show where they are.
  resolve: { alias: { "parley-client": here("../clients/js/src/index.ts") } },
  build: {
    outDir: here("../src/parley/web"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    proxy: {
      "/v1": { target: server, changeOrigin: true },
      "/socket.io": { target: server, changeOrigin: true, ws: true },
    },
  },
});
