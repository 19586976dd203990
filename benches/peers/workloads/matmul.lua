local function filled(period, scale)
  local matrix = {}
  for i = 0, 9999 do matrix[i + 1] = (i % period) * scale end
  return matrix
end

return function(n)
  local size, a, b, c = 100, filled(7, 0.5), filled(5, 0.25), filled(1, 0.0)
  for _ = 1, n do
    for row = 0, size - 1 do
      for column = 1, size do
        local sum, at_a, at_b = 0.0, row * size + 1, column
        for _ = 1, size do
          sum = sum + a[at_a] * b[at_b]
          at_a = at_a + 1
          at_b = at_b + size
        end
        c[row * size + column] = sum
      end
    end
  end
  return (c[10000] + c[18]) * 8
end
