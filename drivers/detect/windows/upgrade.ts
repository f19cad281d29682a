import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Windows installs its updates",
  sources: ['Microsoft: Windows servicing screens: "Working on updates", "Getting Windows ready"'],
  state: "busy",
  class: "upgrade",
  action: "hold",
  view: "line",
  pattern:
    /^(?:Getting Windows ready|Configuring (?:Windows )?[Uu]pdates|Working on (?:updates|features)|Preparing to configure Windows|Installing update \d{1,4} of \d|We couldn't complete the updates|Undoing changes made to your computer|Don't turn off your (?:computer|PC)|Please do not power off or unplug your machine)/,
  hints: [
    "getting windows ready",
    "configuring windows updates",
    "configuring updates",
    "working on updates",
    "working on features",
    "preparing to configure",
    "installing update ",
    "complete the updates",
    "undoing changes made",
    "don't turn off your",
    "do not power off or unplug",
  ],
  matches: [
    "Getting Windows ready",
    "Working on updates  12%",
    "Configuring Windows Updates",
    "Please do not power off or unplug your machine.",
  ],
  rejects: ["I am Working on updates", "Installing update-grub"],
});
