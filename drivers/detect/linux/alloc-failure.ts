import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the kernel could not get memory for something",
  sources: ['Linux mm/page_alloc.c warn_alloc(): "page allocation failure: order:%u"'],
  state: "warning",
  class: "alloc-failure",
  action: "notify",
  view: "line",
  pattern:
    /^[\w/.:-]{1,40}: page allocation (?:failure|stalls for)|^SLUB: Unable to allocate memory|^warn_alloc: /,
  hints: ["warn_alloc: ", "page allocation ", "unable to allocate memory"],
  matches: [
    "kworker/0:1: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL), nodemask=(null)",
    "SLUB: Unable to allocate memory on node -1, gfp=0x20(GFP_ATOMIC)",
  ],
  rejects: ["page allocation policy is local"],
});
