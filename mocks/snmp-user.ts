import snmp from "net-snmp";

/** Who may ask, and who may write. */
export interface MockAccess {
  readonly read?: string;
  readonly write?: string;
  readonly user?: {
    readonly name: string;
    readonly auth?: {
      readonly protocol: "md5" | "sha" | "sha256" | "sha512";
      readonly secret: string;
    };
    readonly priv?: { readonly protocol: "des" | "aes" | "aes256b"; readonly secret: string };
  };
}

/** A user of version 3 as the library wants it. */
export function libraryUser(user: NonNullable<MockAccess["user"]>): snmp.User {
  const level = user.priv ? "authPriv" : user.auth ? "authNoPriv" : "noAuthNoPriv";
  return {
    name: user.name,
    level: snmp.SecurityLevel[level],
    ...(user.auth && {
      authProtocol: snmp.AuthProtocols[user.auth.protocol],
      authKey: user.auth.secret,
    }),
    ...(user.priv && {
      privProtocol: snmp.PrivProtocols[user.priv.protocol],
      privKey: user.priv.secret,
    }),
  };
}
