/** A React page as users write it: OpenAI's wrapper, unmodified, around our element. What it hears goes to `window.__events`. */
import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

declare global {
  interface Window {
    __events: { name: string; detail: unknown }[];
    __render: () => void;
  }
}

window.__events = [];

function heard(name: string, detail?: unknown): void {
  window.__events.push({ name, detail });
}

/** The thread that was shown before the page was reloaded. */
const THREAD = "thread";

function App() {
  const [renders, setRenders] = useState(0);
  window.__render = () => setRenders((count) => count + 1);
  const { control } = useChatKit({
    api: { url: "/chatkit", domainKey: "local" },
    initialThread: sessionStorage.getItem(THREAD) || null,
    onClientTool: () => {
      heard("tool", renders);
      return {};
    },
    onReady: () => heard("ready"),
    onThreadChange: (detail) => {
      sessionStorage.setItem(THREAD, detail.threadId ?? "");
      heard("thread.change", detail);
    },
    onResponseEnd: () => heard("response.end"),
    onError: ({ error }) =>
      heard("error", { name: error.name, message: error.message }),
  });
  return <ChatKit control={control} className="chat" />;
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
