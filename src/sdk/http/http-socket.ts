import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { OobError } from "../../lib/errors.ts";

/** Where a device listens, and how it proves who it is. */
export interface HttpPlace {
  /** Named in errors: "netio 10.9.0.31". */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** SHA-256 of the certificate that it must show, 64 digits; without it the certificate must be signed and fit the name. */
  readonly pin?: string;
  /** Certificates (PEM) of who may have signed it, in the place of those that this machine knows. */
  readonly ca?: string;
}

/**
 * A connection on which something may be sent: with TLS the device has shown its certificate. Whatever Node says of a
 * failed connection is thrown as it is; a certificate that does not fit is PDU_REFUSED, and nothing was sent.
 */
export function openHttpSocket(place: HttpPlace, signal: AbortSignal): Promise<Socket> {
  const { host, port, tls, ca } = place;
  return new Promise((resolve, reject) => {
    const socket = tls
      ? // Judged below, before anything is written: so the message can show the fingerprint that came.
        connectTls({
          host,
          port,
          rejectUnauthorized: false,
          ...(!isIP(host) && { servername: host }),
          ...(ca !== undefined && { ca }),
        })
      : connectTcp({ host, port });
    const fail = (why: unknown) => {
      socket.destroy();
      reject(why);
    };
    const onAbort = () => fail(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("close", () => {
      signal.removeEventListener("abort", onAbort);
      reject(new Error("the connection was closed"));
    });
    socket.on("error", fail);
    socket.once(tls ? "secureConnect" : "connect", () => {
      const fault = tls ? certificateFault(socket as TLSSocket, place) : undefined;
      if (fault) fail(fault);
      else resolve(socket);
    });
  });
}

function certificateFault(socket: TLSSocket, place: HttpPlace): OobError | undefined {
  const { label, pin } = place;
  const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(":", "").toLowerCase();
  const cannot = `Cannot trust ${label}: `;
  if (shown === undefined) return new OobError("PDU_REFUSED", `${cannot}it shows no certificate`);
  if (pin === shown) return undefined;
  if (pin !== undefined)
    return new OobError(
      "PDU_REFUSED",
      `${cannot}its certificate has the fingerprint sha256:${shown}, not the pinned one`,
      {
        hint: "Was the device exchanged or reset? Nothing was sent to it; look before you change pin:",
      },
    );
  if (socket.authorized) return undefined;
  const why = certificateReason(socket.authorizationError);
  return new OobError("PDU_REFUSED", `${cannot}${why}, sha256:${shown}`, {
    hint: `Compare the fingerprint with the device's own page, then pin: "sha256:${shown}"`,
  });
}

/** Codes of OpenSSL and Node that devices give rise to. */
const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it signed its certificate itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that nobody here knows",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "nobody known has signed its certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "nobody known has signed its certificate",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet (is this machine's clock right?)",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

function certificateReason(error: unknown): string {
  // Types say Error; Node gives the code as text, except where the name does not fit.
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return REASONS[code] ?? `its certificate does not hold (${code})`;
}
