-- The sandbox that was asked for does not keep tests from the person's files: nothing runs before they have agreed.
return function(t)
  local asked = 0
  local choose
  vim.ui.select = function(items, options, chosen) ---@diagnostic disable-line: duplicate-set-field
    asked = asked + 1
    t.equal(items[1].title, 'Trust this folder', 'the first answer: ' .. options.prompt)
    choose = function()
      chosen(items[1], 1)
    end
  end
  t.open('tests/test_basket.py')
  t.wait('the question', function()
    return choose
  end)
  vim.wait(1500)
  t.equal(#t.diagnostics(), 0, 'nothing ran before the answer')
  choose()
  t.wait('the failing test', function()
    return #t.diagnostics(nil, 'failing-test') == 1
  end)
  local folder = t.command('macrohard.status').folders[1]
  t.equal({ folder.trusted, folder.tier }, { true, 'process' }, 'trust and tier')
  t.equal(asked, 1, 'asked once')
end
