-- The commands of a buffer, the proof, and the code lenses of a second buffer.
return function(t)
  t.equal(vim.fn.exists(':LspMacrohardStatus'), 0, 'no command before there is a client')
  local tests = t.open('tests/test_basket.py')
  t.client()
  t.wait('the commands', function()
    return vim.fn.exists(':LspMacrohardStatus') == 2
  end)
  t.wait('the failing test', function()
    return #t.diagnostics(tests, 'failing-test') == 1
  end)

  vim.cmd('LspMacrohardStatus')
  t.wait('the status', function()
    return t.said('macrohard-lsp ') and t.said('sandbox ') and t.said('tests run with ')
  end)

  local before = #t.messages
  vim.cmd('LspMacrohardRunTests')
  t.wait('the result of the whole suite', function()
    return #t.messages > before and (t.said('6 passed') or t.said('1 failed'))
  end)

  t.equal(vim.fn.getcompletion('LspMacrohardFix tests/test_basket.py::', 'cmdline'), {
    'tests/test_basket.py::test_total[prices2-5000]',
  }, 'completion of failing tests')
  vim.cmd('LspMacrohardFix tests/test_basket.py::test_total[prices2-5000]')
  t.go(tests, 'assert basket(*prices)')
  t.fix('Fix: use `>=`')

  vim.api.nvim_win_set_buf(0, tests)
  t.wait('the lenses', function()
    return vim.deep_equal(t.lenses(tests), { 'Run', 'Run', 'Fix', 'Run', 'Run' })
  end)

  t.go(tests, 'def test_quantity')
  vim.lsp.codelens.run()
  t.wait('the result of the lens Run', function()
    return t.said('1 passed')
  end)

  local show, shown = vim.lsp.handlers['window/showDocument'], nil
  vim.lsp.handlers['window/showDocument'] = function(err, params, ...)
    shown = params.uri
    return show(err, params, ...)
  end
  t.go(tests, 'def test_nothing_costs_nothing')
  vim.cmd('LspMacrohardProof')
  t.wait('a word where nothing is offered', function()
    return t.said('No fix is offered at the cursor')
  end)
  t.go(tests, 'assert basket(*prices)')
  vim.cmd('LspMacrohardProof')
  t.wait('the server to show the proof', function()
    return shown
  end)
  local state = vim.env.XDG_STATE_HOME .. '/macrohard/'
  assert(vim.startswith(shown, vim.uri_from_fname(state)), 'the URI of the proof: ' .. shown)
  t.wait('the proof in a window', function()
    local name = vim.api.nvim_buf_get_name(0)
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
    return vim.endswith(name, '.md') and text:find('failing-test-passes', 1, true)
  end)
  t.equal(vim.fn.exists(':LspMacrohardStatus'), 0, 'no command in a buffer of another kind')

  vim.cmd('buffer ' .. tests)
  vim.cmd('LspMacrohardCancel')
  assert(not t.said('Error'), vim.fn.execute('messages'))
end
