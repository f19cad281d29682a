import { defineRule } from "oob/sdk";

export default defineRule({
  means: "single-user mode asks for a shell or the root password",
  sources: [
    'FreeBSD sbin/init/init.c: "Enter full pathname of shell or RETURN for /bin/sh: "',
    'OpenBSD, NetBSD sbin/init/init.c: "Enter pathname of shell or RETURN for sh: "',
  ],
  state: "stuck",
  class: "single-user-prompt",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:Enter (?:full )?pathname of shell or RETURN for (?:\/bin\/)?\w{0,6}sh: ?|Enter root password, or \^D to go multi-user)/,
  hints: ["pathname of shell or return", "enter root password, or"],
  matches: [
    "Enter full pathname of shell or RETURN for /bin/sh: ",
    "Enter pathname of shell or RETURN for sh: ",
    "Enter root password, or ^D to go multi-user",
  ],
  rejects: ["the prompt Enter pathname of shell"],
});
