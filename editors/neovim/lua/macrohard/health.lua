-- :checkhealth macrohard

local client_of = require('macrohard.client')
local status_of = require('macrohard.status')

local M = {}

local health = vim.health

---The configuration in force: what the user changed included, where Neovim keeps that.
---@return vim.lsp.Config
local function configuration()
  local client = client_of.all()[1]
  if client then
    return client.config
  end
  return vim.lsp.config and vim.lsp.config.macrohard or require('macrohard').config()
end

local function check_neovim()
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim ' .. version)
  elseif vim.fn.has('nvim-0.10') == 1 then
    health.ok(('Neovim %s (without vim.lsp.enable: see :help macrohard-0.10)'):format(version))
  else
    health.error(('Neovim %s is too old; Macrohard needs 0.10 or later.'):format(version))
  end
end

local function check_executable()
  local cmd = configuration().cmd
  if type(cmd) ~= 'table' then
    health.info('The server is started by a function of your configuration.')
    return
  end
  local path = vim.fn.exepath(cmd[1])
  if path == '' then
    health.error(cmd[1] .. ' was not found.', {
      'Install it: pip install . in a checkout of the project,',
      "or name it: vim.lsp.config('macrohard', { cmd = { '/path/to/macrohard-lsp', '--stdio' } })",
    })
    return
  end
  local started, ran = pcall(function()
    return vim.system({ path, '--version' }, { text = true, timeout = 10000 }):wait()
  end)
  if started and ran.code == 0 then
    health.ok(('%s (%s)'):format(vim.trim(ran.stdout), path))
  else
    local said = started and vim.trim(ran.stderr or '') or tostring(ran)
    health.error(('%s does not start: %s'):format(path, said), { 'Install it anew, or name another one as `cmd`.' })
  end
end

---@param folder macrohard.Folder
local function check_folder(folder)
  local line, problem = status_of.line(folder), status_of.problem(folder)
  if problem then
    health.warn(line .. '\n' .. problem)
  else
    health.ok(line)
  end
end

---@param client vim.lsp.Client
local function check_client(client)
  local buffers = vim.tbl_count(client.attached_buffers)
  health.ok(('Client %d is attached to %d buffer%s'):format(client.id, buffers, buffers == 1 and '' or 's'))
  local status, problem = client_of.status(client)
  if not status then
    health.error(problem or 'The server gave no answer.', { 'See :help macrohard-problems' })
    return
  end
  health.ok('The server answers: version ' .. status.version)
  for _, folder in ipairs(status.folders) do
    check_folder(folder)
  end
  if #status.folders == 0 then
    health.warn('The server has no folder to work on.', { 'Open a Python file of a project.' })
  end
end

---Reports what there is and what is missing.
function M.check()
  health.start('macrohard: programs')
  check_neovim()
  check_executable()

  health.start('macrohard: servers')
  local clients = client_of.all()
  for _, client in ipairs(clients) do
    check_client(client)
  end
  if #clients == 0 then
    local start = vim.fn.has('nvim-0.11') == 1 and "vim.lsp.enable('macrohard') in your init.lua"
      or 'let g:macrohard_autostart = 1 in your init.vim'
    health.warn('No server runs.', { 'Open a Python file after ' .. start .. '; see :help macrohard-start' })
  end
end

return M
