import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a file server does not answer: whoever reads from it waits",
  sources: ['Linux net/sunrpc/clnt.c: "%s: server %s not responding, still trying"'],
  state: "warning",
  class: "disk-error",
  action: "notify",
  view: "line",
  pattern: /^nfs: server \S{1,100} not responding, (?:still trying|timed out)/,
  hints: ["not responding, "],
  matches: ["nfs: server 10.1.2.3 not responding, still trying"],
  rejects: ["the server is not responding, still trying"],
});
