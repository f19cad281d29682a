/** What Debian's programs say in other languages, from the catalogues of util-linux 2.38.1, shadow 4.13, Linux-PAM 1.5.2. */
import { describe, expect, it } from "vitest";
import {
  ANY_PASSWORD_PROMPT,
  LOGIN_PROMPT,
  LOGIN_REFUSED,
  MAINTENANCE_PROMPT,
  ROOT_LOCKED,
  SHELL_PROMPT,
} from "../../src/sdk/prompts.ts";

const bytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const CHATTER = "[   21.536024] kvm: Nested Virtualization enabled\n";

const SULOGIN = [
  "Pro zahájení údržby je třeba zadat heslo uživatele root\n(nebo stiskněte Control-D, abyste pokračovali): ",
  "Giv rodadgangskode for vedligeholdelse\n(eller tast Kontrol-D for at fortsætte): ",
  "Administratorpasswort für Wartungszwecke eingeben\n(oder drücken Sie Strg+D, um fortzufahren):",
  "Contraseña de root para mantenimiento\n(o pulse Control-D para continuar):",
  "Donnez le mot de passe du superutilisateur pour la maintenance\n(ou appuyez sur Ctrl et D pour continuer)\u00a0: ",
  "Unesite root lozinku za održavanje\n(ili pritisnite Ctrl-D da nastavite): ",
  "メンテナンスを行います。 root のパスワードを入力してください\n(Control-D を押すと、処理を続行することができます): ",
  "Geef het rootwachtwoord voor onderhoud\n(of druk op Ctrl-D om verder te gaan): ",
  "Proszę podać hasło roota w celu naprawy\n(lub nacisnąć Control-D, aby kontynuować): ",
  "Insira a senha root para manutenção\n(ou prima Ctrl-D para continuar): ",
  "Forneça a senha de root para manutenção\n(ou pressione Contrl-D para continuar): ",
  "Для продолжения введите пароль root\n(или нажмите Control-D для продолжения): ",
  "Ange root-lösenordet för underhåll\n(eller tryck Ctrl-D för att fortsätta): ",
  "Bakım için root parolasını girin\n(ya da devam etmek için Kontrol-D'ye basın): ",
  "Вкажіть пароль root, щоб виконати дії з підтримання працездатності системи\n(або натисніть Ctrl-D, щоб продовжити): ",
  "Đưa ra mật khẩu siêu quản trị để bảo trì\n(hoặc gõ Control-D nếu muốn tiếp tục): ",
  "指定 root 的维护密码\n(或按 Control-D 键继续)：",
];

const LOCKED = [
  "\nKein Zugriff auf die Konsole möglich, da das Root-Konto gesperrt ist.\nIn der Handbuchseite von sulogin(8) finden Sie weitere Einzelheiten.\n",
  "\nImpossible d'ouvrir l'accès à la console, le compte root est verrouillé.\nConsultez la page man de sulogin(8) pour plus de détails.\n",
  "\n无法访问终端，root 账号被锁。 \n参阅 sulogin(8) 帮助页面了解更多信息。\n",
];

const LOGIN = [
  ...["deb1 Login: ", "deb1 Anmeldung: ", "deb1 connexion\u00a0:", "deb1 identifiant\u00a0: "],
  ...["deb1 nombre: ", "deb1 имя пользователя: ", "Имя пользователя deb1: ", "deb1 логин: "],
  ...["Login deb1: ", "Запис deb1: ", "deb1 用户名：", "deb1 ログイン: ", "deb1 giriş: "],
];

const REFUSED = [
  ...[
    "Login incorrect",
    "\nLogin fehlerhaft\n",
    "\nAnmeldung falsch\n\n",
    "\nIdentifiant incorrect\n",
  ],
  ...["\nНеверное имя пользователя\n", "\nНеверный логин\n", "\n登录错误\n", "\nLogin incorreto\n"],
];

describe("prompts of other languages", () => {
  it.each(SULOGIN)("sulogin: %j", (text) => {
    expect(MAINTENANCE_PROMPT.test(bytes(text))).toBe(true);
    expect(MAINTENANCE_PROMPT.test(bytes(text) + CHATTER)).toBe(true);
  });

  it.each(LOCKED)("a locked root: %j", (text) => {
    expect(ROOT_LOCKED.test(bytes(text))).toBe(true);
  });

  it("the manual of a unit is no locked root", () => {
    expect(ROOT_LOCKED.test("       Docs: man:sulogin(8)\n")).toBe(false);
  });

  it.each(LOGIN)("login: %j", (text) => {
    expect(LOGIN_PROMPT.test(`\n${bytes(text)}`)).toBe(true);
    expect(LOGIN_PROMPT.test(`\n${bytes(text)}${CHATTER}`)).toBe(true);
  });

  it.each(["Gib deinen Login: ", "nombre: ", "cat: Login: ", "deb1 nombre: ana\n"])(
    "%j is no prompt of login",
    (text) => {
      expect(LOGIN_PROMPT.test(`\n${bytes(text)}`)).toBe(false);
    },
  );

  it.each(REFUSED)("a refused login: %j", (text) => {
    expect(LOGIN_REFUSED.test(bytes(text))).toBe(true);
  });

  it.each(["Passwort: ", "Mot de passe : ", "Пароль: ", "パスワード:", "密码："])(
    "a password is asked for behind a name: %j",
    (text) => {
      expect(ANY_PASSWORD_PROMPT.test(bytes(`deb1 login: root\n${text}`))).toBe(true);
    },
  );

  it.each([
    "**************************\n* Welcome to deb1 login: *\n**************************\n",
    "Your password: has to be changed #\n\nHave a nice day\n",
    "root@old:~# this is what the old host showed\n",
  ])("a message of the day is none: %j", (text) => {
    for (const prompt of [LOGIN_PROMPT, MAINTENANCE_PROMPT, SHELL_PROMPT])
      expect(prompt.test(text)).toBe(false);
  });
});
