/** Whether a host runs the newest kernel that it has installed. */
import type { PackageList } from "./package-list.ts";
import { compareVersions } from "./package-versions.ts";

/** Kernels are compared with those of their own kind: "cloud amd64" is none of "rt amd64". */
const flavour = (kernel: string): string => (kernel.match(/[a-z_]+/gi) ?? []).join(" ");

/** What a boot would run instead of what runs; undefined where that is the newest. */
export function newerKernel({
  running,
  kernels,
  build,
  packages,
  systems,
}: PackageList): string | undefined {
  // freebsd-version(1) names the one kernel that is installed.
  if (systems.some(({ jail, packager }) => jail === "" && packager === "pkg"))
    return kernels.find((kernel) => kernel !== running);
  const newest = kernels
    .filter((kernel) => flavour(kernel) === flavour(running))
    .sort((a, b) => compareVersions("dpkg", a, b))
    .at(-1);
  if (newest !== undefined && compareVersions("dpkg", newest, running) > 0) return newest;
  // Debian mends a kernel under its old name: uname -v has the version of the package that it was built from.
  const built = / Debian (\S{1,80})/.exec(build)?.[1];
  const installed = packages.find(
    ({ jail, name }) => jail === "" && name === `linux-image-${running}`,
  )?.version;
  if (built === undefined || installed === undefined) return undefined;
  return compareVersions("dpkg", installed, built) > 0 ? `${running} (${installed})` : undefined;
}
