-- :checkhealth macrohard, before and after a server runs.
return function(t)
  local function check()
    vim.cmd('checkhealth macrohard')
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
    vim.cmd('bwipeout')
    return text
  end

  local function has(text, pattern)
    assert(text:find(pattern), ('no %s in\n%s'):format(pattern, text))
  end

  local before = check()
  has(before, 'OK%A+Neovim 0%.1%d')
  has(before, 'OK%A+macrohard%-lsp %d+%.%d+%.%d+ %(/')
  has(before, 'WARNING%A+No server runs')

  t.open('tests/test_basket.py')
  t.wait('the failing test', function()
    return #t.diagnostics(nil, 'failing-test') == 1
  end)
  local after = check()
  has(after, 'OK%A+Client %d+ is attached to 1 buffer')
  has(after, 'OK%A+The server answers: version %d')
  has(after, 'OK .-/shop: %a+, sandbox %a+, tests run with Python')
  assert(not after:find('ERROR'), after)
end
