import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";

/** A private key, and the public one as the list of keys has it. */
export interface SigningKey {
  readonly public: string;
  /** Signature over a text, hexadecimal. */
  readonly sign: (text: string) => string;
  /** As it is kept in its file. */
  readonly pem: string;
}

/** A new key. */
export const newKey = (): SigningKey => asKey(generateKeyPairSync("ed25519").privateKey);

/** A key from its file. Throws where there is none. */
export const readKey = (pem: string): SigningKey => asKey(createPrivateKey(pem));

function asKey(key: KeyObject): SigningKey {
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  return {
    public: Buffer.from(x, "base64url").toString("hex"),
    sign: (text) => sign(null, Buffer.from(text, "ascii"), key).toString("hex"),
    pem: String(key.export({ type: "pkcs8", format: "pem" })),
  };
}

/** Checks signatures of one public key, given in hexadecimal. */
export function signatureCheck(key: string): (text: string, signature: string) => boolean {
  const x = Buffer.from(key, "hex").toString("base64url");
  const known = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return (text, signature) =>
    verify(null, Buffer.from(text, "ascii"), known, Buffer.from(signature, "hex"));
}

/** The name of a site: of its first public key. */
export const siteOf = (key: string): string =>
  createHash("sha256").update(Buffer.from(key, "hex")).digest("hex").slice(0, 16);
