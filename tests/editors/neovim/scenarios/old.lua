-- In a Neovim that is too old the plugin says so and does nothing. Here `has` is made to answer as that one would.
return function(t)
  local has = vim.fn.has
  vim.fn.has = function(feature) ---@diagnostic disable-line: duplicate-set-field
    return vim.startswith(feature, 'nvim-') and 0 or has(feature)
  end
  vim.api.nvim_del_user_command('LspMacrohardStart')
  vim.g.loaded_macrohard = nil
  vim.cmd.source(vim.api.nvim_get_runtime_file('plugin/macrohard.lua', false)[1])
  vim.fn.has = has
  assert(t.said('needs Neovim 0.10 or later'), vim.inspect(t.messages))
  t.equal(vim.fn.exists(':LspMacrohardStart'), 0, 'no command')
end
