-- Runs one scenario inside Neovim and ends Neovim with what came of it. A scenario is a file that returns a function;
-- it gets the helpers below.

local t = { messages = {} }

---Everything that is shown to the person, also what plugins and Neovim itself notify.
local notify = vim.notify
vim.notify = function(message, level, options) ---@diagnostic disable-line: duplicate-set-field
  table.insert(t.messages, message)
  return notify(message, level, options)
end

---Wait until `predicate` returns something, and return it.
function t.wait(what, predicate, seconds)
  local got
  vim.wait((seconds or 180) * 1000, function()
    got = predicate()
    return got
  end, 50)
  if not got then
    error('waited in vain for ' .. what, 2)
  end
  return got
end

function t.equal(got, expected, what)
  if not vim.deep_equal(got, expected) then
    local text = '%s: expected %s, got %s'
    error(text:format(what or 'unequal', vim.inspect(expected), vim.inspect(got)), 2)
  end
end

function t.open(name)
  vim.cmd.edit(vim.fn.fnameescape(vim.env.SHOP .. '/' .. name))
  return vim.api.nvim_get_current_buf()
end

function t.client()
  return t.wait('the client', function()
    local client = vim.lsp.get_clients({ name = 'macrohard' })[1]
    return client and client.initialized and client
  end)
end

---Our diagnostics of a buffer that have this code.
function t.diagnostics(bufnr, code)
  return vim.tbl_filter(function(diagnostic)
    return diagnostic.source == 'macrohard' and (code == nil or diagnostic.code == code)
  end, vim.diagnostic.get(bufnr))
end

---The line of a buffer, counted from 1, that has this text.
function t.line(bufnr, text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)) do
    if line:find(text, 1, true) then
      return number
    end
  end
  error('no line has ' .. text, 2)
end

function t.go(bufnr, text)
  local number = t.line(bufnr, text)
  vim.api.nvim_win_set_buf(0, bufnr)
  local line = vim.api.nvim_buf_get_lines(bufnr, number - 1, number, false)[1]
  vim.api.nvim_win_set_cursor(0, { number, #line:match('^%s*') })
end

---The code actions of ours at the cursor, asked for as Neovim does.
function t.actions()
  local client = t.client()
  local encoding = client.offset_encoding
  local params = vim.lsp.util.make_range_params(0, encoding)
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  params.context = { diagnostics = {}, triggerKind = 1 }
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { lnum = line })) do
    table.insert(params.context.diagnostics, vim.tbl_get(diagnostic, 'user_data', 'lsp'))
  end
  local answers = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 5000)
  local answer = answers and answers[client.id] or {}
  assert(not answer.err, vim.inspect(answer.err))
  return answer.result or {}
end

---Wait until an action with this title is offered at the cursor. `vim.wait` would look again after every event, and the
---answer is one, so this asks with a pause.
function t.fix(title)
  for _ = 1, 360 do
    for _, action in ipairs(t.actions()) do
      if action.title:find(title, 1, true) then
        return action
      end
    end
    vim.wait(500)
  end
  error('waited in vain for an action ' .. title, 2)
end

---Apply the code action with this title at the cursor, as a person does.
function t.apply(title)
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return action.title:find(title, 1, true) == 1
    end,
  })
end

---A result of the server's command.
function t.command(name, argument)
  local client, answer = t.client(), nil
  require('macrohard.client').request(client, 'workspace/executeCommand', {
    command = name,
    arguments = argument and { argument } or nil,
  }, function(err, result)
    answer = { err = err, result = result }
  end, vim.api.nvim_get_current_buf())
  t.wait('the answer to ' .. name, function()
    return answer
  end)
  assert(not answer.err, vim.inspect(answer.err))
  return answer.result
end

function t.said(text)
  return vim.iter(t.messages):any(function(message)
    return message:find(text, 1, true) ~= nil
  end) or vim.fn.execute('messages'):find(text, 1, true) ~= nil
end

function t.disk(name)
  return table.concat(vim.fn.readfile(vim.env.SHOP .. '/' .. name), '\n')
end

---The titles of the code lenses that Neovim has for a buffer, from top to bottom. What it draws can't be seen headless.
function t.lenses(bufnr)
  local got = vim.lsp.codelens.enable and vim.lsp.codelens.get({ bufnr = bufnr }) or vim.lsp.codelens.get(bufnr)
  local lenses = vim.tbl_map(function(entry)
    return entry.lens or entry
  end, got)
  table.sort(lenses, function(one, other)
    local a, b = one.range.start.line, other.range.start.line
    return a < b or a == b and one.command.title > other.command.title
  end)
  return vim.tbl_map(function(lens)
    return lens.command.title
  end, lenses)
end

return function(name)
  vim.schedule(function()
    local ok, problem = xpcall(function()
      dofile(vim.env.SCENARIOS .. '/' .. name .. '.lua')(t)
    end, debug.traceback)
    if ok then
      vim.cmd('qall!')
    else
      io.stderr:write('\n' .. problem .. '\n--- messages\n' .. vim.fn.execute('messages') .. '\n')
      io.stderr:write('--- diagnostics\n' .. vim.inspect(vim.diagnostic.get()):sub(1, 12000) .. '\n')
      vim.cmd('cquit 1')
    end
  end)
end
