import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the boot loader of a MikroTik board starts",
  sources: ['MikroTik manual: RouterBOARD: "RouterBOOT booter"'],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern: /^RouterBOOT (?:backup )?booter \d/,
  hints: ["routerboot "],
  matches: ["RouterBOOT booter 3.41", "RouterBOOT backup booter 6.45.9"],
  rejects: ["a RouterBOOT booter 3"],
});
