import { defineRule } from "oob/sdk";

export default defineRule({
  means: "OpenVMS stopped with a bugcheck",
  sources: ['OpenVMS System Analysis Tools Manual: "**** OpenVMS ... BUGCHECK ****"'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern: /^\*{4} OpenVMS .{1,100}BUGCHECK \*{4}/,
  hints: ["bugcheck"],
  matches: ["**** OpenVMS Alpha Operating System V8.4     - BUGCHECK ****"],
  rejects: ["the BUGCHECK ****"],
});
