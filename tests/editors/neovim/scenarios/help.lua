-- The help has tags, and every one that the plugin's own texts name is there.
return function(t)
  local doc = vim.api.nvim_get_runtime_file('doc/macrohard.txt', false)[1]
  vim.cmd.helptags(vim.fn.fnameescape(vim.fs.dirname(doc)))
  for _, name in ipairs({ '', '-install', '-start', '-0.10', '-use', '-commands', '-config', '-problems' }) do
    local tag = 'macrohard' .. name
    vim.cmd.help(tag)
    t.equal(vim.fs.basename(vim.api.nvim_buf_get_name(0)), 'macrohard.txt', tag)
    assert(vim.api.nvim_get_current_line():find('*' .. tag .. '*', 1, true), tag .. ' leads elsewhere')
  end
  for _, name in ipairs({ 'RunTests', 'Fix', 'Proof', 'Cancel', 'Status', 'Start' }) do
    vim.cmd.help(':LspMacrohard' .. name)
  end
  local root = vim.fs.dirname(vim.fs.dirname(doc))
  local function mentioned(file)
    return table.concat(vim.fn.readfile(root .. '/' .. file), '\n'):gmatch(':help (macrohard[%w.-]*)')
  end
  for _, file in ipairs({ 'lua/macrohard/health.lua', 'lua/macrohard/init.lua', 'plugin/macrohard.lua' }) do
    for tag in mentioned(file) do
      vim.cmd.help(tag)
    end
  end
end
