return function(n)
  local sum = 0
  for i = 0, n - 1 do
    sum = sum + i
    if sum > 1000000000 then sum = sum - 1000000000 end
  end
  return sum
end
