import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a system upgrade is under way",
  sources: ['PackageKit offline updates; dnf system-upgrade; apt/dpkg "Unpacking ... Setting up"'],
  state: "busy",
  class: "upgrade",
  action: "hold",
  view: "line",
  pattern:
    /^(?:Installing (?:Updates|System Upgrade)|Starting (?:System Upgrade|Offline system update)|\[ {0,6}OK {0,6}\] Reached target (?:[\w.@-]{1,40} - )?Offline System Update|Upgrading system|Installing updates, do not turn off|do-release-upgrade: )/,
  hints: [
    "installing updates",
    "installing system upgrade",
    "starting system upgrade",
    "offline system update",
    "upgrading system",
    "do-release-upgrade: ",
  ],
  matches: ["Installing Updates", "[  OK  ] Reached target Offline System Update."],
  rejects: ["No updates"],
});
