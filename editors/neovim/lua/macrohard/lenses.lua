-- Code lenses. Neovim 0.12 keeps them up to date by itself once they are enabled; before, somebody has to ask.

local client_of = require('macrohard.client')

local M = {}

---Whether this Neovim asks for code lenses by itself.
local function native()
  return vim.lsp.codelens.enable ~= nil
end

---Ask for the lenses of our server only: `vim.lsp.codelens.refresh` would ask every server of the buffer.
---@param client vim.lsp.Client
---@param bufnr integer
local function refresh(client, bufnr)
  if not vim.api.nvim_buf_is_loaded(bufnr) or not vim.lsp.buf_is_attached(bufnr, client.id) then
    return
  end
  local params = { textDocument = vim.lsp.util.make_text_document_params(bufnr) }
  client_of.request(client, 'textDocument/codeLens', params, vim.lsp.codelens.on_codelens, bufnr)
end

---@return table<string, lsp.Handler>?
function M.handlers()
  if native() then
    return nil
  end
  return {
    ['workspace/codeLens/refresh'] = function(_, _, context)
      local client = vim.lsp.get_client_by_id(context.client_id)
      for bufnr in pairs(client and client.attached_buffers or {}) do
        refresh(client, bufnr)
      end
      return vim.NIL
    end,
  }
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  if not client_of.supports(client, 'textDocument/codeLens') then
    return
  end
  if native() then
    vim.lsp.codelens.enable(true, { bufnr = bufnr, client_id = client.id })
    return
  end
  refresh(client, bufnr)
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'BufWritePost' }, {
    group = vim.api.nvim_create_augroup('macrohard_lenses_' .. bufnr, {}),
    buffer = bufnr,
    desc = 'Ask Macrohard for its code lenses',
    callback = function()
      refresh(client, bufnr)
    end,
  })
end

return M
