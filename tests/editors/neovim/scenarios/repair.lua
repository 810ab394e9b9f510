-- The main job: a failing test is seen, its fix is offered, applied and saved, and everything is well.
return function(t)
  local tests = t.open('tests/test_basket.py')
  t.wait('the failing test', function()
    return #t.diagnostics(tests, 'failing-test') == 1
  end)
  local failing = t.diagnostics(tests, 'failing-test')[1]
  t.equal(failing.severity, vim.diagnostic.severity.ERROR, 'severity')
  t.equal(failing.lnum + 1, t.line(tests, 'assert basket(*prices)'), 'line of the failing test')

  local basket = t.open('shop/basket.py')
  t.wait('suspects', function()
    return #t.diagnostics(basket, 'suspect') > 0
  end)
  for _, suspect in ipairs(t.diagnostics(basket, 'suspect')) do
    t.equal(suspect.severity, vim.diagnostic.severity.HINT, 'severity of a suspect')
  end
  t.equal(vim.lsp.get_clients({ bufnr = tests })[1].id, vim.lsp.get_clients({ bufnr = basket })[1].id, 'one server')

  t.go(basket, 'if subtotal >')
  local action = t.fix('Fix: use `>=` instead of `>`')
  t.equal(action.kind, 'quickfix.macrohard', 'kind')
  t.apply('Fix: use `>=`')
  t.wait('the edit', function()
    return pcall(t.line, basket, 'if subtotal >= FREE_SHIPPING_FROM:')
  end)
  assert(vim.bo[basket].modified, 'a fix is an edit of the buffer, which the person saves')
  assert(t.disk('shop/basket.py'):find('if subtotal > FREE', 1, true), 'nothing is written before the person does')

  vim.cmd.write()
  assert(t.disk('shop/basket.py'):find('if subtotal >= FREE', 1, true), 'the file on disk is fixed')
  t.wait('the diagnostics to go', function()
    return #t.diagnostics(tests) == 0 and #t.diagnostics(basket) == 0
  end)

  vim.api.nvim_win_set_buf(0, tests)
  t.wait('a Run lens on each of the four tests, and no Fix', function()
    return vim.deep_equal(t.lenses(tests), { 'Run', 'Run', 'Run', 'Run' })
  end)
end
