import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a service did not start",
  sources: ['illumos usr/src/cmd/svc/startd/restarter.c, log.c: "transitioned to maintenance"'],
  state: "warning",
  class: "service-failed",
  action: "notify",
  view: "line",
  pattern:
    /^(?:svc\.startd(?:\[\d{1,8}\])?: .{0,40})?(?:svc:\/)?[\w/:,.-]{3,120} (?:failed(?: (?:repeatedly|fatally))?: transitioned to maintenance|transitioned to maintenance)/,
  hints: ["transitioned to maintenance"],
  matches: [
    "svc.startd[7]: svc:/network/ssh:default failed: transitioned to maintenance",
    "network/ssh:default failed repeatedly: transitioned to maintenance",
  ],
  rejects: ["it transitioned to maintenance"],
});
