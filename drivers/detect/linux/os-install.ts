import { defineRule } from "oob/sdk";

export default defineRule({
  means: "an installer is at work",
  sources: [
    'debian-installer cdebconf newt frontend: "[!!] Select a language"',
    "anaconda; subiquity",
  ],
  state: "busy",
  class: "os-install",
  action: "hold",
  view: "line",
  pattern:
    /\[(?:!|!!|\?)\] [A-Z][\w' -]{3,70}|<Tab> moves; <Space> selects; <Enter> activates|^Starting installer, one moment|^anaconda \d{1,3}[\w.-]{1,30} (?:for|started)|^Installing for platform|Welcome to the (?:Ubuntu|FreeBSD|OpenBSD|NetBSD)[\w/. -]{0,40} install|\(I\)nstall, \(U\)pgrade, \(A\)utoinstall|Debian installer main menu|^Choose the next step in the install process/,
  hints: [
    "[!] ",
    "[!!] ",
    "[?] ",
    "<tab> moves",
    "starting installer",
    "anaconda ",
    "installing for platform",
    "welcome to the ",
    "(i)nstall, (u)pgrade",
    "debian installer main menu",
    "next step in the install",
  ],
  matches: [
    "[!!] Select a language",
    "<Tab> moves; <Space> selects; <Enter> activates buttons",
    "Starting installer, one moment...",
    "anaconda 38.23.4-1.fc38 for Fedora 38 started.",
    "(I)nstall, (U)pgrade, (A)utoinstall or (S)hell?",
  ],
  rejects: ["press [!] key", "Welcome to the machine"],
});
