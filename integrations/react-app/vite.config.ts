/** Builds and serves the application. What belongs to chatkeep is passed on to it: to the browser all is one origin. */
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

/** The endpoint and the element's script and parts (`/chatkit…`), and the documents that citations open. */
const OF_CHATKEEP = ['/chatkit', '/sources', '/source.css', '/favicon.svg'];

export default defineConfig(({ mode }) => {
  const { CHATKEEP_URL = 'http://127.0.0.1:8000' } = loadEnv(mode, '.', 'CHATKEEP_');
  const proxy = Object.fromEntries(
    OF_CHATKEEP.map((path) => [path, { target: CHATKEEP_URL, changeOrigin: true }]),
  );
  return {
    plugins: [react(), tailwindcss()],
    server: { proxy },
    preview: { proxy },
    build: { target: 'es2022' },
  };
});
