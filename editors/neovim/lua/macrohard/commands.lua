-- The commands of a buffer. What a code action or a code lens does already has none.

local client_of = require('macrohard.client')

local M = {}

---Calls `work` for the client of the buffer, or says that there is none.
---@param bufnr integer
---@param work fun(client: vim.lsp.Client)
local function with_client(bufnr, work)
  local client = client_of.all(bufnr)[1]
  if client then
    work(client)
  else
    vim.notify('Macrohard does not run for this buffer; :checkhealth macrohard says why.', vim.log.levels.WARN)
  end
end

---The server itself says what came of looking for a fix, but not what came of a run.
---@param result? { message?: string }
local function say(result)
  if type(result) == 'table' and type(result.message) == 'string' then
    vim.notify(result.message)
  end
end

---What code lenses do here otherwise than everywhere: the result of a run is shown, which Neovim would drop.
---@return table<string, fun(command: lsp.Command, context: table)>
function M.of_lenses()
  return {
    ['macrohard.runTests'] = function(command, context)
      local client = assert(vim.lsp.get_client_by_id(context.client_id))
      client_of.execute(client, command.command, (command.arguments or {})[1], context.bufnr, say)
    end,
  }
end

---The ids of the tests that diagnostics speak of.
---@return string[]
local function known_tests()
  local seen = {} ---@type table<string, true>
  for _, diagnostic in ipairs(vim.diagnostic.get()) do
    local data = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data')
    if diagnostic.source == 'macrohard' and type(data) == 'table' then
      for _, test in ipairs(data.tests or {}) do
        seen[test] = true
      end
    end
  end
  local tests = vim.tbl_keys(seen)
  table.sort(tests)
  return tests
end

---@param typed string
---@return string[]
local function complete(typed)
  return vim.tbl_filter(function(test)
    return vim.startswith(test, typed)
  end, known_tests())
end

---A command that works on the tests that were typed after it, or on all of the buffer's folder.
---@param bufnr integer
---@param name string
---@param command string
---@param desc string
---@param on_result? fun(result: any)
local function on_tests(bufnr, name, command, desc, on_result)
  vim.api.nvim_buf_create_user_command(bufnr, name, function(typed)
    with_client(bufnr, function(client)
      local tests = #typed.fargs > 0 and typed.fargs or nil
      local argument = { uri = vim.uri_from_bufnr(bufnr), tests = tests }
      client_of.execute(client, command, argument, bufnr, on_result)
    end)
  end, { nargs = '*', complete = complete, desc = desc })
end

---The fixes that are offered at the cursor.
---@param client vim.lsp.Client
---@param bufnr integer
---@param on_actions fun(actions: lsp.CodeAction[])
local function offers(client, bufnr, on_actions)
  local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
  ---@cast params lsp.CodeActionParams
  params.context = { diagnostics = {}, only = { 'quickfix.macrohard' } }
  client_of.request(client, 'textDocument/codeAction', params, function(_, actions)
    on_actions(vim.tbl_filter(function(action)
      return vim.tbl_get(action, 'data', 'offer') ~= nil
    end, actions or {}))
  end, bufnr)
end

---@param client vim.lsp.Client
---@param bufnr integer
local function show_proof(client, bufnr)
  ---@param action? lsp.CodeAction
  local function show(action)
    if action then
      client_of.execute(client, 'macrohard.showProof', { offer = action.data.offer }, bufnr)
    end
  end
  offers(client, bufnr, function(actions)
    if #actions == 0 then
      vim.notify('No fix is offered at the cursor, so there is no proof to show.')
    elseif #actions == 1 then
      show(actions[1])
    else
      local function title(action)
        return action.title
      end
      vim.ui.select(actions, { prompt = 'Show the proof of', format_item = title }, show)
    end
  end)
end

---@param bufnr integer
function M.attach(bufnr)
  on_tests(bufnr, 'LspMacrohardRunTests', 'macrohard.runTests', 'Run the tests of this folder, or those named', say)
  on_tests(bufnr, 'LspMacrohardFix', 'macrohard.fix', 'Look for fixes of the failing tests, or of those named')

  vim.api.nvim_buf_create_user_command(bufnr, 'LspMacrohardProof', function()
    with_client(bufnr, function(client)
      show_proof(client, bufnr)
    end)
  end, { desc = 'Show what was proven of the fix at the cursor' })

  vim.api.nvim_buf_create_user_command(bufnr, 'LspMacrohardCancel', function()
    with_client(bufnr, function(client)
      client_of.execute(client, 'macrohard.cancel', nil, bufnr)
    end)
  end, { desc = 'Stop all that Macrohard is doing' })

  vim.api.nvim_buf_create_user_command(bufnr, 'LspMacrohardStatus', function()
    with_client(bufnr, function(client)
      client_of.execute(client, 'macrohard.status', nil, bufnr, function(status)
        vim.notify(require('macrohard.status').text(status))
      end)
    end)
  end, { desc = 'Show the sandbox, the interpreter and the problems of each folder' })
end

return M
