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

---@param folder macrohard.Folder
---@return string
function M.line(folder)
  local parts = {
    folder.state,
    folder.tier and ('sandbox ' .. folder.tier) or 'no sandbox yet',
    folder.interpreter and ('tests run with ' .. folder.interpreter) or 'no interpreter yet',
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
    if folder.problem then
      table.insert(lines, '  ' .. folder.problem)
    end
  end
  return table.concat(lines, '\n')
end

return M
