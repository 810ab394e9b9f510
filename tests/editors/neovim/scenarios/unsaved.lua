-- What isn't saved counts: with `test.run` set to "type", an edit that breaks a test shows while it is typed.
return function(t)
  local basket = t.open('shop/basket.py')
  local before = t.disk('shop/basket.py')
  t.wait('the first run', function()
    return #t.diagnostics(nil, 'failing-test') == 1
  end)

  local number = t.line(basket, 'self.prices.extend([price] * quantity)')
  vim.api.nvim_buf_set_lines(basket, number - 1, number, false, { '        self.prices.extend([price])' })
  local broken = t.wait('the test that the unsaved edit breaks', function()
    return vim.iter(t.diagnostics(nil, 'failing-test')):find(function(diagnostic)
      return diagnostic.message:find('test_quantity', 1, true)
    end)
  end)
  t.equal(broken.severity, vim.diagnostic.severity.ERROR, 'severity')
  t.equal(t.disk('shop/basket.py'), before, 'the file on disk')

  vim.cmd.undo()
  t.wait('the message to go after undo', function()
    return #t.diagnostics(nil, 'failing-test') == 1
  end)
  vim.cmd('set nomodified')
end
