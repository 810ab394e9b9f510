-- What is there before anything of the plugin is loaded: a word to those whose Neovim is too old, and one command.

if vim.g.loaded_macrohard then
  return
end
vim.g.loaded_macrohard = true

if vim.fn.has('nvim-0.10') == 0 then
  vim.notify('Macrohard needs Neovim 0.10 or later; this one is older, so it stays off.', vim.log.levels.WARN)
  return
end

vim.api.nvim_create_user_command('LspMacrohardStart', function()
  require('macrohard').start()
end, { desc = 'Start Macrohard for the project of this buffer' })

local group = vim.api.nvim_create_augroup('macrohard', {})

---@param desc string
---@param callback fun(bufnr: integer)
local function on_python(desc, callback)
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = 'python',
    desc = desc,
    callback = function(event)
      callback(event.buf)
    end,
  })
end

-- Neovim 0.11 and later start servers by `vim.lsp.enable('macrohard')`, and are silent where there is none to start.
-- For 0.10, autostart is the same, only when asked.
if vim.g.macrohard_autostart then
  on_python('Start Macrohard', function(bufnr)
    require('macrohard').start(nil, bufnr)
  end)
elseif vim.lsp.enable then
  on_python('Say so where Macrohard is enabled but not installed', function()
    require('macrohard').check_enabled()
  end)
end
