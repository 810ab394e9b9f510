-- Neovim is killed while the server works: whoever runs this kills it as soon as the marker is there.
return function(t)
  t.open('shop/basket.py')
  vim.api.nvim_create_autocmd('LspProgress', {
    once = true,
    callback = function()
      vim.fn.writefile({ 'working' }, vim.env.SHOP .. '/../working')
    end,
  })
  vim.wait(60000)
end
