-- The edit lands where it belongs: in a file with CRLF, behind a character that UTF-8, UTF-16 and code points count
-- differently, again after it was undone, and below a line that was added since the proof. Whoever runs this looks at
-- the bytes.
return function(t)
  local basket = t.open('shop/basket.py')
  t.equal(vim.bo[basket].fileformat, 'dos', 'line ends')
  t.go(basket, 'subtotal > FREE_SHIPPING_FROM')
  t.fix('Fix: use `>=`')
  t.apply('Fix: use `>=`')
  t.wait('the edit', function()
    return pcall(t.line, basket, 'subtotal >= FREE_SHIPPING_FROM')
  end)

  vim.cmd.undo()
  vim.api.nvim_buf_set_lines(basket, 0, 0, false, { '# One line more, above all others.' })
  t.go(basket, 'subtotal > FREE_SHIPPING_FROM')
  t.fix('Fix: use `>=`')
  t.apply('Fix: use `>=`')
  t.wait('the edit below the new line', function()
    return pcall(t.line, basket, 'subtotal >= FREE_SHIPPING_FROM')
  end)
  vim.cmd.write()
end
