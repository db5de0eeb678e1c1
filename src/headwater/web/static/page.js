// Keys and live news of every page. Without this file all pages still work: forms, links and tables need no script.
import { startKeys } from "./keys.js";
import { listen } from "./live.js";

startKeys();
listen();
