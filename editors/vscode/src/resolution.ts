/** Which server was chosen, and why. A plain value, so that it can be compared, logged and tested. */

export type Reason = "setting" | "interpreter" | "path" | "uvx";

export interface Resolution {
  readonly found: true;
  readonly command: string;
  readonly args: readonly string[];
  readonly reason: Reason;
  /** One sentence for the log. */
  readonly why: string;
  /** Whether another interpreter could have led to another server. */
  readonly dependsOnInterpreter: boolean;
}

export interface NothingFound {
  readonly found: false;
  /** One sentence for the person, which says what was looked at. */
  readonly why: string;
  readonly dependsOnInterpreter: boolean;
}

/** Whether both would start the same program, whatever the reasons. */
export function startsTheSame(one: Resolution, other: Resolution): boolean {
  return (
    one.command === other.command &&
    one.args.length === other.args.length &&
    one.args.every((argument, at) => argument === other.args[at])
  );
}
