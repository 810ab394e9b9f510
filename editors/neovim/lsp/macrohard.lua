---@brief
---
--- Runs the project's tests in a sandbox, shows the failing ones as diagnostics, and offers proven fixes.
---
--- Neovim 0.11 and later finds this file by itself. In init.lua:
---
--- ```lua
--- vim.lsp.enable('macrohard')
--- ```
---
--- Whatever differs from it goes into `vim.lsp.config('macrohard', { … })`; see |macrohard-config|.

---@type vim.lsp.Config
return require('macrohard').config()
