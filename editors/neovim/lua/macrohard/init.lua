-- How the server is started, and what is there in a buffer once it is. Neovim does the rest by itself:
-- diagnostics, code actions, progress and showing the proof.

local M = {}

---@class macrohard.TestSettings
---@field arguments? string[] further arguments for pytest
---@field commands? table[] other commands that test the folder, each with `command`, `kind` and `report`
---@field detect? boolean look for pytest, unittest and `node --test`
---@field timeoutSeconds? number for one test
---@field run? 'save'|'type'|'manual' when the tests of what changed are run
---@field onOpen? 'failures'|'all'|'nothing' what runs when a folder is opened
---@field startAhead? boolean keep a pytest started ahead of the next save

---@class macrohard.FixSettings
---@field automatic? boolean look for a fix as soon as a test is seen to fail
---@field budgetSeconds? number
---@field jobs? integer
---@field seed? integer

---The section `macrohard` of the client's settings. What is left out has the server's default.
---@class macrohard.Settings
---@field interpreter? string path of the project's Python
---@field tier? 'namespace'|'process' the sandbox to use; the strongest there is where it isn't set
---@field exclude? string[] further patterns of files to leave alone, as in .gitignore
---@field test? macrohard.TestSettings
---@field fix? macrohard.FixSettings
---@field lenses? boolean the code lenses Run and Fix on tests
---@field symbols? 'on'|'off'|'auto'

---The name of the client, as in `vim.lsp.enable('macrohard')`.
M.NAME = 'macrohard'

local PROJECT_FILES = { 'pyproject.toml', 'setup.py', 'setup.cfg', 'pytest.ini', 'tox.ini' }

---What makes a folder the root of a project: the nearest one with any of the project files, else a git work tree.
---Before 0.11.3 Neovim knows no such ranking, and takes the nearest with any of them.
---@return (string|string[])[]
local function root_markers()
  if vim.fn.has('nvim-0.11.3') == 1 then
    return { PROJECT_FILES, '.git' }
  end
  return vim.list_extend({ '.git' }, PROJECT_FILES)
end

---What is said to the server otherwise than by Neovim itself: whether it may ask for a refresh.
---
---Of diagnostics: told to, Neovim 0.12 pulls those of files that aren't open, but not those of open buffers, which
---would show what was before the tests ran. Without refresh the server sends diagnostics by itself.
---Of code lenses: before 0.12 Neovim can't, and `macrohard.lenses` can.
---@return lsp.ClientCapabilities
local function capabilities()
  local refresh = { diagnostics = { refreshSupport = false }, codeLens = { refreshSupport = true } }
  return vim.tbl_deep_extend('force', vim.lsp.protocol.make_client_capabilities(), { workspace = refresh })
end

---The configuration that `lsp/macrohard.lua` gives Neovim and that `start()` uses.
---@return vim.lsp.Config
function M.config()
  ---@type vim.lsp.Config
  return {
    cmd = { 'macrohard-lsp', '--stdio' },
    filetypes = { 'python' },
    root_markers = root_markers(),
    -- An empty Lua table would be a list for the server.
    settings = { macrohard = vim.empty_dict() },
    capabilities = capabilities(),
    handlers = require('macrohard.lenses').handlers(),
    commands = require('macrohard.commands').of_lenses(),
    on_attach = M.on_attach,
  }
end

---The commands and code lenses of one buffer. A configuration with an `on_attach` of its own has to call this.
---@param client vim.lsp.Client
---@param bufnr integer
function M.on_attach(client, bufnr)
  require('macrohard.commands').attach(bufnr)
  require('macrohard.lenses').attach(client, bufnr)
end

---Whether the program of a configuration is there. Where it isn't, that is said once: Neovim 0.12 only logs it.
---@param config vim.lsp.Config
---@return boolean
local function check_installed(config)
  if type(config.cmd) ~= 'table' or vim.fn.executable(config.cmd[1]) == 1 then
    return true
  end
  local message = '%s was not found, so Macrohard is off. Install it, or set `cmd`; '
    .. ':checkhealth macrohard says more.'
  vim.notify_once(message:format(config.cmd[1]), vim.log.levels.WARN)
  return false
end

---For those who have said `vim.lsp.enable('macrohard')`: says so where the server isn't installed.
function M.check_enabled()
  -- Neovim 0.11 has no public way to ask.
  local enabled = vim.lsp.is_enabled and vim.lsp.is_enabled(M.NAME)
    or vim.tbl_get(vim.lsp, '_enabled_configs', M.NAME) ~= nil
  if enabled then
    check_installed(vim.lsp.config[M.NAME])
  end
end

---Start the server for the project of a buffer, or attach the buffer to the one that runs. This is the way for
---Neovim 0.10, in an autocommand on FileType; later ones have `vim.lsp.enable('macrohard')`.
---@param config? vim.lsp.Config what differs from `config()`
---@param bufnr? integer the current buffer where it isn't given
---@return integer? client_id nil where it could not be started, which is said in a message
function M.start(config, bufnr)
  bufnr = (bufnr == nil or bufnr == 0) and vim.api.nvim_get_current_buf() or bufnr
  -- Buffers that are no files, as those of other plugins, have nothing to test.
  if vim.bo[bufnr].buftype ~= '' or vim.api.nvim_buf_get_name(bufnr) == '' then
    return nil
  end
  local base = vim.lsp.config and vim.lsp.config[M.NAME] or M.config()
  local merged = vim.tbl_deep_extend('force', base, config or {}, { name = M.NAME })
  merged.root_dir = type(merged.root_dir) == 'string' and merged.root_dir
    or vim.fs.root(bufnr, vim.iter(merged.root_markers):flatten():totable())
  if not check_installed(merged) then
    return nil
  end
  return vim.lsp.start(merged, { bufnr = bufnr })
end

return M
