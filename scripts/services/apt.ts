import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasCommand, runCommand } from "./command.ts";

/** Packages of one suite of Debian's archive. */
export interface PackageSet {
  readonly suite: string;
  /** Taken with everything they depend on, libc included. */
  readonly packages: readonly string[];
  /** Taken alone: only files of theirs are wanted. */
  readonly alone: readonly string[];
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

// Needed by maintainer scripts only, which never run here: apt is told that they are installed.
const NOT_WANTED = ["perl", "perl-base", "debconf", "dpkg", "tar"];

/**
 * Downloads Debian packages with an apt state of their own in a temporary folder, whose path is given to `use` together with the files'
 * names. The machine's apt and dpkg state is neither read nor written, and nothing is installed; signatures are checked against the
 * machine's Debian keyring. The archive is the one that this machine's apt is set up with, or TAILRACE_DEBIAN_ARCHIVE.
 */
export async function withDownloadedPackages(
  set: PackageSet,
  use: (folder: string, files: readonly string[]) => Promise<void>,
): Promise<void> {
  for (const command of ["apt-get", "apt-config", "dpkg", "dpkg-deb"]) {
    if (!hasCommand(command)) {
      throw new Error(
        `Without Docker this server comes from Debian's archive, and ${command} is not here. Install Docker, or work on Debian, or name a running server (see npm run services -- --help).`,
      );
    }
  }
  const archive = process.env["TAILRACE_DEBIAN_ARCHIVE"] || (await configuredArchive());
  // apt takes no blanks in a path.
  const state = await mkdtemp(join(/\s/.test(tmpdir()) ? "/tmp" : tmpdir(), "tailrace-apt-"));
  try {
    const apt = await createState(state, `deb [signed-by=${KEYRING}] ${archive} ${set.suite} main`);
    for (let tries = 1; ; tries += 1) {
      try {
        await apt(["update"]);
        await apt(["install", "--download-only", ...set.packages]);
        if (set.alone.length > 0) await apt(["download", ...set.alone]);
        break;
      } catch (error) {
        // A moving suite may replace a package between the index and the download.
        if (tries === 2) throw error;
      }
    }
    const folder = join(state, "archives");
    await use(
      folder,
      (await readdir(folder)).filter((file) => file.endsWith(".deb")),
    );
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

/** Address of the Debian archive that this machine's own apt is set up with. */
async function configuredArchive(): Promise<string> {
  const format = ["indextargets", "--format", "$(REPO_URI)"];
  const addresses = (await runCommand("apt-get", format)).split("\n");
  const archive = addresses.find((address) => /\/debian\/?$/.test(address));
  if (archive === undefined) {
    throw new Error(
      "This machine's apt knows no Debian archive. Install Docker, or name an archive in TAILRACE_DEBIAN_ARCHIVE (and: apt-get install debian-archive-keyring).",
    );
  }
  return archive;
}

/** Writes a private apt state into a folder and returns what runs apt-get on it. */
async function createState(
  folder: string,
  source: string,
): Promise<(args: readonly string[]) => Promise<string>> {
  const architecture = (await runCommand("dpkg", ["--print-architecture"])).trim();
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(folder, "archives", "partial"), { recursive: true });
  await mkdir(join(folder, "none"));
  await writeFile(join(folder, "sources.list"), `${source}\n`);
  const status = NOT_WANTED.map((name) =>
    [
      `Package: ${name}`,
      "Status: install ok installed",
      "Maintainer: none",
      `Architecture: ${architecture}`,
      "Multi-Arch: allowed",
      "Version: 99",
      "Description: none",
      "",
    ].join("\n"),
  );
  await writeFile(join(folder, "status"), `${status.join("\n")}\n`);
  // The machine's way to the archive: proxies, credentials' places, time limits.
  const acquire = (await runCommand("apt-config", ["dump"]))
    .split("\n")
    .filter((line) => line.startsWith("Acquire::") && !line.startsWith("Acquire::IndexTargets"));
  const none = join(folder, "none");
  const settings: Readonly<Record<string, string>> = {
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::parts": none,
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": none,
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": none,
    "Dir::State": folder,
    "Dir::State::lists": join(folder, "lists"),
    "Dir::State::status": join(folder, "status"),
    "Dir::State::extended_states": join(folder, "extended_states"),
    "Dir::Cache": folder,
    "Dir::Cache::archives": join(folder, "archives"),
    "Dir::Log": folder,
    "APT::Architecture": architecture,
    "APT::Sandbox::User": "root",
    "APT::Install-Recommends": "false",
    "APT::Get::Assume-Yes": "true",
    "APT::Update::Error-Mode": "any",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  lines.push(`APT::Architectures { "${architecture}"; };`);
  const configuration = join(folder, "apt.conf");
  await writeFile(configuration, `${[...acquire, ...lines].join("\n")}\n`);
  return (args) =>
    runCommand("apt-get", ["-q", ...args], {
      cwd: join(folder, "archives"),
      env: { APT_CONFIG: configuration, LC_ALL: "C" },
    });
}
