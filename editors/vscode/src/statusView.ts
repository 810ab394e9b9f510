/** What the status says, in words. Knows no editor. */

/** The parameters of the notification `macrohard/status`. */
export interface FolderStatus {
  readonly folder: string;
  readonly tier: string | null;
  readonly state: "idle" | "busy";
  readonly text: string;
  readonly problem: string | null;
}

export type Phase = "starting" | "running" | "stopped" | "missing";

export interface View {
  readonly text: string;
  readonly detail: string;
  readonly severity: "information" | "warning" | "error";
  readonly busy: boolean;
}

const WITHOUT_SERVER: Record<Exclude<Phase, "running">, View> = {
  starting: { text: "Macrohard", detail: "the server is starting", severity: "information", busy: true },
  stopped: { text: "Macrohard", detail: "the server is not running", severity: "error", busy: false },
  missing: { text: "Macrohard", detail: "the server was not found", severity: "error", busy: false },
};

export function viewOf(phase: Phase, status: FolderStatus | undefined): View {
  if (phase !== "running") {
    return WITHOUT_SERVER[phase];
  }
  if (!status) {
    return { text: "Macrohard", detail: "nothing ran yet", severity: "information", busy: false };
  }
  const details = [sandboxOf(status.tier), status.problem].filter((part) => part);
  return {
    text: status.text || "Macrohard",
    detail: details.join(" · "),
    severity: status.problem || status.tier === "process" ? "warning" : "information",
    busy: status.state === "busy",
  };
}

/** The status of the folder that holds the file; of nested folders, the innermost. */
export function statusFor(statuses: Iterable<FolderStatus>, file: string | undefined): FolderStatus | undefined {
  const all = [...statuses];
  const around = all.filter(({ folder }) => file === folder || file?.startsWith(withSlash(folder)));
  around.sort((one, other) => other.folder.length - one.folder.length);
  return around[0] ?? (file === undefined || all.length === 1 ? all[0] : undefined);
}

/** The weaker sandbox is always visible, and said in words that can't be mistaken for the stronger one. */
function sandboxOf(tier: string | null): string {
  if (tier === null) {
    return "no sandbox in use";
  }
  return tier === "process" ? "sandbox: process (weaker: tests reach the network)" : `sandbox: ${tier}`;
}

function withSlash(folder: string): string {
  return folder.endsWith("/") ? folder : folder + "/";
}
