-- The server isn't installed: the person is told so, and Neovim stays usable.
return function(t)
  local basket = t.open('shop/basket.py')
  t.wait('a message that names the program', function()
    return t.said('macrohard-lsp')
  end, 10)
  assert(t.said('was not found, so Macrohard is off'), vim.inspect(t.messages))
  local count = #t.messages
  t.open('tests/test_basket.py')
  vim.wait(200)
  t.equal(#t.messages, count, 'said once')
  t.equal(vim.lsp.get_clients(), {}, 'clients')
  t.equal(vim.fn.exists(':LspMacrohardStatus'), 0, 'commands of a server that does not run')
  assert(t.line(basket, 'FREE_SHIPPING_FROM') > 0)

  vim.cmd('checkhealth macrohard')
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  assert(text:find('ERROR%A+macrohard%-lsp was not found'), text)
  assert(text:find('pip install', 1, true), 'it says what to do: ' .. text)
end
