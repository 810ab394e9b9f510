/** The language status item of Python files. */

import * as vscode from "vscode";
import { statusFor, viewOf, type FolderStatus, type Phase, type View } from "./statusView";

const SEVERITY: Record<View["severity"], vscode.LanguageStatusSeverity> = {
  information: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
};

export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("macrohard.status", { language: "python" });
  private readonly folders = new Map<string, FolderStatus>();
  private readonly watching = vscode.window.onDidChangeActiveTextEditor(() => this.show());
  private phase: Phase = "starting";
  private shown: View = viewOf("starting", undefined);

  constructor() {
    this.item.name = "Macrohard";
    this.show();
  }

  /** What is on display; for tests. */
  get view(): View {
    return this.shown;
  }

  enter(phase: Phase): void {
    if (phase !== "running") {
      this.folders.clear();
    }
    this.phase = phase;
    this.show();
  }

  accept(status: FolderStatus): void {
    this.folders.set(status.folder, status);
    this.show();
  }

  dispose(): void {
    this.watching.dispose();
    this.item.dispose();
  }

  private show(): void {
    const file = vscode.window.activeTextEditor?.document.uri.fsPath;
    this.shown = viewOf(this.phase, statusFor(this.folders.values(), file));
    this.item.text = this.shown.text;
    this.item.detail = this.shown.detail;
    this.item.busy = this.shown.busy;
    this.item.severity = SEVERITY[this.shown.severity];
    this.item.command =
      this.phase === "running"
        ? { title: "Run All Tests", command: "macrohard.runAllTests" }
        : { title: "Show Logs", command: "macrohard.showLogs" };
  }
}
