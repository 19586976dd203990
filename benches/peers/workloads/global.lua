counter = 0

return function(n)
  counter = 0
  for _ = 1, n do counter = counter + 1 end
  return counter
end
