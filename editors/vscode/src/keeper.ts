/** Owns the language client: finds the server, starts it, and replaces it when another one is to be used. */

import { State, type LanguageClient } from "vscode-languageclient/node";
import { makeClient, type Channels } from "./client";
import { complain } from "./complain";
import { findServer } from "./find";
import { startsTheSame, type Resolution } from "./resolution";
import { Serial } from "./serial";
import type { Status } from "./status";
import type { FolderStatus } from "./statusView";
import { editorSurroundings } from "./surroundings";

export class Keeper {
  private client: LanguageClient | undefined;
  private resolution: Resolution | undefined;
  private forced = false;
  private closed = false;
  private readonly work = new Serial(() => this.settle());

  constructor(
    private readonly channels: Channels,
    private readonly status: Status,
    private readonly settingNames: readonly string[],
  ) {}

  get chosen(): Resolution | undefined {
    return this.resolution;
  }

  get running(): boolean {
    return this.client?.isRunning() ?? false;
  }

  /** Finds the server again, and restarts only if that leads to another program. */
  refresh(): Promise<void> {
    return this.work.request();
  }

  /** As `refresh`, unless no other interpreter could have led to another program. */
  async interpreterChanged(): Promise<void> {
    if (this.resolution?.dependsOnInterpreter ?? true) {
      await this.refresh();
    }
  }

  restart(): Promise<void> {
    this.forced = true;
    return this.work.request();
  }

  close(): Promise<void> {
    this.closed = true;
    return this.work.request();
  }

  private async settle(): Promise<void> {
    const forced = this.forced;
    this.forced = false;
    if (this.closed) {
      return this.stop();
    }
    const found = await findServer(editorSurroundings(this.channels.log));
    if (!found.found) {
      await this.stop();
      this.resolution = undefined;
      this.status.enter("missing");
      // Not awaited: the message stays until somebody presses a button, and work must go on meanwhile.
      void complain(found.why, this.channels.log);
      return;
    }
    const same = this.resolution !== undefined && startsTheSame(this.resolution, found);
    this.resolution = found;
    if (same && !forced && this.running) {
      return;
    }
    await this.stop();
    await this.start(found);
  }

  private async start(server: Resolution): Promise<void> {
    const { log } = this.channels;
    log.info(`Starting ${[server.command, ...server.args].join(" ")}, because ${server.why}`);
    this.status.enter("starting");
    const client = makeClient(server, this.channels, this.settingNames);
    this.client = client;
    client.onNotification("macrohard/status", (status: FolderStatus) => this.status.accept(status));
    client.onDidChangeState(({ newState }) => {
      if (client === this.client) {
        this.status.enter(PHASE[newState] ?? "stopped");
      }
    });
    try {
      await client.start();
    } catch (error) {
      this.status.enter("stopped");
      void complain(`${server.command} could not be started (${String(error)}).`, log);
    }
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      // A server that never started, or that has died, can't be asked to end.
      this.channels.log.debug(`While stopping the server: ${String(error)}`);
    }
  }
}

const PHASE: Partial<Record<State, "starting" | "running" | "stopped">> = {
  [State.Starting]: "starting",
  [State.Running]: "running",
  [State.Stopped]: "stopped",
};
