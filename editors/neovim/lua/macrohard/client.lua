-- What is asked of a client. Its functions became methods in Neovim 0.11; here is the one place that knows.

local M = {}

local METHODS = vim.fn.has('nvim-0.11') == 1
---Milliseconds to wait for an answer where somebody sits and waits for it.
local PATIENCE = 5000

---The clients of ours, all or those of one buffer.
---@param bufnr? integer
---@return vim.lsp.Client[]
function M.all(bufnr)
  return vim.lsp.get_clients({ name = 'macrohard', bufnr = bufnr })
end

---@param client vim.lsp.Client
---@param method string
---@return boolean
function M.supports(client, method)
  if METHODS then
    return client:supports_method(method)
  end
  return client.supports_method(method) ---@diagnostic disable-line
end

---@param client vim.lsp.Client
---@param method string
---@param params table
---@param handler lsp.Handler
---@param bufnr integer
function M.request(client, method, params, handler, bufnr)
  if METHODS then
    client:request(method, params, handler, bufnr)
  else
    client.request(method, params, handler, bufnr) ---@diagnostic disable-line
  end
end

---Have the server execute a command; `on_result` gets what it returned. An error is shown as a message.
---@param client vim.lsp.Client
---@param command string
---@param argument? table
---@param bufnr integer
---@param on_result? fun(result: any)
function M.execute(client, command, argument, bufnr, on_result)
  local params = { command = command, arguments = argument and { argument } or nil }
  M.request(client, 'workspace/executeCommand', params, function(err, result)
    if err then
      vim.notify('Macrohard: ' .. err.message, vim.log.levels.ERROR)
    elseif on_result then
      on_result(result)
    end
  end, bufnr)
end

---What the server says of itself and its folders. Waits for the answer.
---@param client vim.lsp.Client
---@return macrohard.Status? status
---@return string? problem a sentence, where there is no status
function M.status(client)
  local params = { command = 'macrohard.status' }
  local answer, err
  if METHODS then
    answer, err = client:request_sync('workspace/executeCommand', params, PATIENCE)
  else
    answer, err = client.request_sync('workspace/executeCommand', params, PATIENCE, 0) ---@diagnostic disable-line
  end
  if not answer then
    return nil, ('The server gave no answer: %s.'):format(err or 'it has ended')
  end
  if answer.err then
    return nil, answer.err.message
  end
  return answer.result, nil
end

return M
