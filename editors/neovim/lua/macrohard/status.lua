-- What the server says of its folders, in words.

local M = {}

---@class macrohard.Folder
---@field path string
---@field tier? 'namespace'|'process'
---@field interpreter? string
---@field trusted boolean
---@field state 'idle'|'busy'
---@field problem? string a sentence

---The answer to the command `macrohard.status`.
---@class macrohard.Status
---@field version string
---@field host any
---@field folders macrohard.Folder[]

---What the server left open. null is `vim.NIL` in some versions of Neovim, and nil in others.
---@generic T
---@param value T?
---@return T?
local function given(value)
  return value ~= vim.NIL and value or nil
end

---@param folder macrohard.Folder
---@return string? problem
function M.problem(folder)
  return given(folder.problem)
end

---@param folder macrohard.Folder
---@return string
function M.line(folder)
  local tier, interpreter = given(folder.tier), given(folder.interpreter)
  local parts = {
    folder.state,
    tier and ('sandbox ' .. tier) or 'no sandbox yet',
    interpreter and ('tests run with ' .. interpreter) or 'no interpreter yet',
    folder.trusted and 'trusted' or 'not trusted',
  }
  return ('%s: %s'):format(vim.fn.fnamemodify(folder.path, ':~'), table.concat(parts, ', '))
end

---@param status macrohard.Status
---@return string
function M.text(status)
  local lines = { 'macrohard-lsp ' .. status.version }
  for _, folder in ipairs(status.folders) do
    table.insert(lines, M.line(folder))
    if M.problem(folder) then
      table.insert(lines, '  ' .. M.problem(folder))
    end
  end
  return table.concat(lines, '\n')
end

return M
