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
    /\[(?:!|!!|\?)\] [A-Z][\w' -]{3,70}|<Tab> moves; <Space> selects; <Enter> activates|^Starting installer, one moment|^anaconda \d{1,3}[\w.-]{1,30} (?:for|started)|^Starting package installation process|^Installing [\w.+-]{1,80}\.(?:x86_64|noarch|aarch64|ppc64le|s390x|i686) \(\d{1,5}\/\d{1,5}\)|^coreos-installer(?:-service)?\[\d{1,8}\]: (?:> Read disk|Installing )|^Please make a selection from the above \[|^Performing non-interactive (?:upgrade|install)|^Installing (?:bsd|base|comp|man|game|xbase|xshare|xfont|xserv)[\w.]{0,12} {1,12}\d{1,3}% \||^Installing for platform|Welcome to the (?:Ubuntu|FreeBSD|OpenBSD|NetBSD)[\w/. -]{0,40} install|\(I\)nstall, \(U\)pgrade, \(A\)utoinstall|Debian installer main menu|^Choose the next step in the install process/,
  hints: [
    "[!] ",
    "[!!] ",
    "[?] ",
    "<tab> moves",
    "starting installer",
    "anaconda ",
    "starting package installation",
    "installing ",
    "coreos-installer",
    "make a selection from the above",
    "performing non-interactive",
    "welcome to the ",
    "(i)nstall, (u)pgrade",
    "debian installer main menu",
    "next step in the install",
  ],
  matches: [
    "[!!] Select a language",
    "<Tab> moves; <Space> selects; <Enter> activates buttons",
    "Starting installer, one moment...",
    "Installing libgcc.x86_64 (1/423)",
    "coreos-installer-service[1187]: > Read disk 1.2 GiB/2.5 GiB (50%)",
    "Please make a selection from the above ['b' to begin installation, 'q' to quit,",
    "Installing base76.tgz    45% |***********               |   171 MB    00:09 ETA",
    "anaconda 38.23.4-1.fc38 for Fedora 38 started.",
    "(I)nstall, (U)pgrade, (A)utoinstall or (S)hell?",
  ],
  rejects: ["press [!] key", "Welcome to the machine"],
});
