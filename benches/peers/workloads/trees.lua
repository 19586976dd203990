local function build(depth)
  if depth == 0 then return {} end
  return { build(depth - 1), build(depth - 1) }
end

local function count(node)
  local left = node[1]
  if not left then return 1 end
  return count(left) + count(node[2]) + 1
end

return function(n)
  local sum = 0
  for _ = 1, n do sum = sum + count(build(8)) end
  return sum
end
