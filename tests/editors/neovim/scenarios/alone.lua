-- A file that belongs to no project: nothing runs, nobody is bothered, and the health check says what is missing.
return function(t)
  local file = vim.fs.dirname(vim.env.SHOP) .. '/alone.py'
  vim.fn.writefile({ 'def test_one():', '    assert 1 == 2' }, file)
  vim.cmd.edit(vim.fn.fnameescape(file))
  t.client()
  vim.wait(2000)
  t.equal(t.messages, {}, 'messages')
  t.equal(t.command('macrohard.status').folders, {}, 'folders')
  vim.cmd('checkhealth macrohard')
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  assert(text:find('WARNING%A+The server has no folder to work on'), text)
end
