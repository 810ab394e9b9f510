// Stands in for Microsoft's Python extension, which can't be had without a marketplace. It has that part of its public
// API which is used, with the shapes of its documentation, and a way for a test to select an interpreter.
const vscode = require("vscode");

exports.activate = () => {
  const changed = new vscode.EventEmitter();
  let selected;
  return {
    environments: {
      getActiveEnvironmentPath: () => ({ id: selected ?? "", path: selected ?? "" }),
      resolveEnvironment: async ({ path }) => (path ? { executable: { uri: vscode.Uri.file(path) } } : undefined),
      onDidChangeActiveEnvironmentPath: changed.event,
    },
    select(path) {
      selected = path;
      changed.fire({ id: path, path });
    },
  };
};
