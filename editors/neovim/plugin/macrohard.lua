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

-- Neovim 0.11 and later start servers by `vim.lsp.enable('macrohard')`. For 0.10 this is the same, only when asked.
if vim.g.macrohard_autostart then
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('macrohard_autostart', {}),
    pattern = 'python',
    desc = 'Start Macrohard',
    callback = function(event)
      require('macrohard').start(nil, event.buf)
    end,
  })
end
