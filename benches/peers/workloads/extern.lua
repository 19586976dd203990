return function(n)
  local add, sum = host.add, 0
  for i = 0, n - 1 do sum = add(sum, i) end
  return sum
end
