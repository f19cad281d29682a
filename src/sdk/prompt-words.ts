/**
 * What login, sulogin and PAM say in other languages, from the catalogues of util-linux 2.38.1 and shadow 4.13. The text
 * of a console is matched byte by byte, so these are the bytes of their UTF-8.
 */
import { utf8 } from "../lib/bytes.ts";

const bytes = (text: string): string => Buffer.from(utf8(text)).toString("latin1");
const anyOf = (words: readonly string[]): string => words.map(bytes).join("|");

/** Behind the name of the host: `deb1 Anmeldung: `. */
export const LOGIN_WORDS = anyOf([
  ...["Login", "Anmeldung", "connexion", "identifiant", "nombre", "Inicio de sesión"],
  ...["имя пользователя", "логин", "gebruikersnaam", "inlognaam", "inloggning", "användarnamn"],
  ...["bejelentkezés", "felhasználónév", "usuari", "entrada", "logind", "autentificare", "izena"],
  ...["giriş", "Kullanıcı ismi", "користувач", "sessão", "prijava", "đăng nhập", "Đăng nhập"],
  ...["пайдаланушы аты", "Přihlašovací jméno", "brukarnamn", "tunnus", "ログイン", "로그인"],
  ...["用户名", "登录", "登入", "使用者", "使用者名稱"],
]);

/** Before the name of the host: `Login deb1: `. */
export const LOGIN_WORDS_BEFORE = anyOf([
  ...["Login", "Запис", "Имя пользователя", "Přihlašovací jméno na", "Prihlasovacie meno na"],
]);

/** A login that was refused. */
export const REFUSALS = anyOf([
  ...["Login fehlerhaft", "Anmeldung falsch", "Identifiant incorrect", "Identificación incorrecta"],
  ...["Inicio de sesión incorrecto", "Login non corretto", "Login incorrecto", "Login incorreto"],
  ...["Início incorrecto", "Неверное имя пользователя", "Неверный логин", "Некоректний в"],
  ...[
    "Некоректний запис",
    "Gebruikersnaam is onjuist",
    "Inloggegevens onjuist",
    "Accés incorrecta",
  ],
  ...["Entrada incorrecta", "Chybné přihlášení", "Chybné prihlásenie", "Forkert logind"],
  ...["Logind ugyldigt", "Inloggning misslyckad", "Felaktig inloggning", "Feil innlogging"],
  ...["Ugyldig innlogging", "Kirjautuminen epäonnistui", "Sisäänkirjautuminen epäonnistui"],
  ...["Hibás bejelentkezés", "A bejelentkezés meghiúsult", "Nieprawidłowe logowanie"],
  ...["Niepoprawne logowanie", "Autentificare incorectă", "Giriş geçersiz", "Giriş başarısız"],
  ...["Netočna prijava", "Nepravilna prijava", "Login tidak tepat", "Login tidak benar"],
  ...["Sai tên người dùng", "Đăng nhập không đúng", "Izen okerra", "Жүйеге кіру орындалмады"],
  ...["ログインが違います", "ログインが失敗しました", "로그인이 맞지 않습니다"],
  ...["登录错误", "登录不正确", "登入錯誤", "登入不正確"],
]);
