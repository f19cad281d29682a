import { request } from "node:http";
import type { WebPolicy } from "../../config/site-config.ts";
import type { Finding } from "../../core/doctor/finding.ts";
import { messageOf } from "../../lib/errors.ts";
import { PAGE_POLICY } from "./page-style.ts";

const ANSWERS_WITHIN_MS = 3000;

/** For `oob doctor`: whether the page of incidents is where links lead, as far as this machine can tell. */
export async function checkWeb(policy: WebPolicy | undefined): Promise<Finding[]> {
  if (policy === undefined) return [];
  const { listen, url } = policy;
  const place = "path" in listen ? listen.path : `${listen.address} port ${listen.port}`;
  const found = await seenAt(policy);
  if (found === "ours") {
    const text = `incidents are shown at ${place}; whether ${url} leads there is the proxy's`;
    return [{ is: "ok", check: "web", text }];
  }
  const text = `links of alerts lead nowhere: at ${place} ${found}`;
  const todo = "Is oob serve running with this configuration? oob events --type web says why not";
  return [{ is: "warning", check: "web", text, todo }];
}

/** "ours", or what is there in its place. */
function seenAt({ listen, url }: WebPolicy): Promise<string> {
  const at =
    "path" in listen ? { socketPath: listen.path } : { host: listen.address, port: listen.port };
  return new Promise((resolve) => {
    const headers = { host: new URL(url).host };
    const options = { ...at, method: "HEAD", path: "/", headers, agent: false };
    const asked = request({ ...options, timeout: ANSWERS_WITHIN_MS }, (response) => {
      response.resume();
      const isOurs = response.headers["content-security-policy"] === PAGE_POLICY;
      resolve(isOurs ? "ours" : "something else answers");
    });
    asked.on("timeout", () => asked.destroy(new Error("nothing answers")));
    asked.on("error", (thrown) => resolve(`nothing can be reached: ${messageOf(thrown)}`));
    asked.end();
  });
}
