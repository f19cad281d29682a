import { execFile } from "node:child_process";
import { chmod, chown, unlink } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import { makeOwnFolder, ownUid } from "../config/places.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { type ListeningAt, listenAt } from "./listen-at.ts";
import { RpcClient } from "./rpc-client.ts";
import { ownName, socketPath } from "./socket-path.ts";

/** Sockets of the daemon, one a user. */
export interface UserSockets {
  readonly paths: readonly string[];
  close(): Promise<void>;
}

interface UserSocket {
  readonly server: Server;
  readonly listening: ListeningAt;
}

/**
 * Opens one socket for each user: it belongs to that user alone (mode 0600), so who connects is who it is. Node
 * cannot ask for the peer's credentials; the file system answers instead.
 */
export async function openUserSockets(
  runtime: string,
  users: readonly string[],
  accept: (socket: Socket, user: string, uid: number) => void,
): Promise<UserSockets> {
  // Others pass through it to their own socket, and cannot list it.
  const mode = ownUid() === 0 || users.some((user) => user !== ownName()) ? 0o711 : 0o700;
  await makeOwnFolder(runtime, mode);
  await chmod(runtime, mode);
  const sockets: UserSocket[] = [];
  const paths: string[] = [];
  const close = async () => {
    await Promise.all(sockets.map(closeSocket));
  };
  try {
    for (const user of users) {
      const path = socketPath(runtime, user);
      const uid = await uidOf(user);
      await clearStale(path);
      sockets.push(await listen(path, (socket) => accept(socket, user, uid)));
      if (uid !== ownUid()) await give(path, user, uid);
      paths.push(path);
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { paths, close };
}

async function listen(path: string, accept: (socket: Socket) => void): Promise<UserSocket> {
  const server = createServer(accept);
  const listening = await listenAt(server, path).catch((cause: unknown) => {
    throw new OobError("NOT_PERMITTED", `Cannot listen at "${path}": ${messageOf(cause)}`, {
      cause,
    });
  });
  return { server, listening };
}

function closeSocket({ server, listening }: UserSocket): Promise<void> {
  return new Promise((resolve) => {
    server.once("close", () => resolve());
    listening.close();
  });
}

/** Removes a socket that nobody listens at. Throws DAEMON_RUNNING where somebody does. */
async function clearStale(path: string): Promise<void> {
  let pid: number | undefined;
  try {
    const rpc = await RpcClient.connect(path);
    ({ pid } = rpc.facts);
    await rpc.close();
  } catch {
    await unlink(path).catch(() => {});
    return;
  }
  throw new OobError("DAEMON_RUNNING", `Cannot listen at "${path}": daemon ${pid} does`, {
    hint: `Stop it with: kill ${pid}`,
  });
}

/** Root may, and whoever has CAP_CHOWN, as under systemd. */
async function give(path: string, user: string, uid: number): Promise<void> {
  try {
    await chown(path, uid, -1);
  } catch (cause) {
    throw new OobError(
      "NOT_PERMITTED",
      `Cannot make a socket for "${user}": only root can give files to other users`,
      {
        cause,
        hint: `Run oob serve as root or with CAP_CHOWN (packaging/systemd/oob.service), or leave "${user}" out of "users:"`,
      },
    );
  }
}

async function uidOf(user: string): Promise<number> {
  if (user === ownName()) return ownUid();
  try {
    // Not /etc/passwd: users may come from a directory service.
    const { stdout } = await promisify(execFile)("id", ["-u", "--", user]);
    return Number.parseInt(stdout, 10);
  } catch (cause) {
    throw new OobError(
      "CONFIG_INVALID",
      `Cannot make a socket for "${user}": this machine knows no such user`,
      { cause, hint: 'See "users:" in the configuration' },
    );
  }
}
