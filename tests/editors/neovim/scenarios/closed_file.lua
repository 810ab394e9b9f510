-- The fix is in a file that isn't open. Neovim does not announce versioned edits, so the server asks first.
return function(t)
  local asked
  vim.ui.select = function(items, options, choose) ---@diagnostic disable-line: duplicate-set-field
    asked = options.prompt
    choose(items[1], 1)
  end
  local tests = t.open('tests/test_basket.py')
  t.wait('the failing test', function()
    return #t.diagnostics(tests, 'failing-test') == 1
  end)
  t.go(tests, 'assert basket(*prices)')
  t.fix('Fix: use `>=`')
  t.apply('Fix: use `>=`')
  t.wait('the question', function()
    return asked
  end)
  assert(asked:find('shop/basket.py', 1, true), 'the question names the file: ' .. asked)
  local basket = t.wait('the edited buffer', function()
    local bufnr = vim.fn.bufnr(vim.env.SHOP .. '/shop/basket.py')
    return bufnr > 0 and pcall(t.line, bufnr, 'if subtotal >= FREE_SHIPPING_FROM:') and bufnr
  end)
  assert(vim.bo[basket].modified, 'the edit waits in a buffer')
  assert(t.disk('shop/basket.py'):find('if subtotal > FREE', 1, true), 'nothing is written before the person does')
  vim.cmd('wall')
  t.wait('the diagnostics to go', function()
    return #t.diagnostics() == 0
  end)
end
