-- Started by the command, for one project, with settings of the person's; a buffer that is no file is left alone.
return function(t)
  local basket = t.open('shop/basket.py')
  vim.wait(300)
  t.equal(vim.lsp.get_clients(), {}, 'no server before it is asked for')
  local id = require('macrohard').start({ settings = { macrohard = { test = { onOpen = 'nothing' } } } })
  local client = t.client()
  t.equal(client.id, id, 'the id of the client')
  t.equal(vim.fs.normalize(client.root_dir), vim.fs.normalize(vim.env.SHOP), 'root')
  t.equal(client.settings.macrohard.test.onOpen, 'nothing', 'settings')
  t.open('tests/test_basket.py')
  vim.cmd('LspMacrohardStart')
  t.equal(#vim.lsp.get_clients(), 1, 'one server for both buffers')
  vim.cmd.enew()
  vim.bo.buftype = 'nofile'
  t.equal(require('macrohard').start(), nil, 'a buffer that is no file')
  t.wait('the commands', function()
    return vim.api.nvim_buf_get_commands(basket, {}).LspMacrohardFix
  end)
end
