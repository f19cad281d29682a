import { defineRule } from "oob/sdk";

export default defineRule({
  means: "getty asks for a login: user space lives",
  sources: [
    "util-linux term-utils/agetty.c",
    "busybox loginutils/getty.c",
    "FreeBSD libexec/getty",
  ],
  state: "healthy",
  class: "login-prompt",
  action: "none",
  view: "line",
  pattern: /^(?:[\w.()@-]{1,64} (?:console )?)?[Ll]ogin: $/,
  unless:
    /^(?:[Ll]ast|[Ff]ailed|[Ii]nvalid|bad|first|next|sshd?|rlogin|the|a|new|no|your|user) [Ll]ogin: $/,
  hints: ["login: "],
  prompt: true,
  matches: [
    "web1 login: ",
    "login: ",
    "sol9 console login: ",
    "(none) login: ",
    "MikroTik Login: ",
  ],
  rejects: ["last login: ", "Last login: Sun Nov 22", "the login: "],
});
