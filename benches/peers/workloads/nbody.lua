local function body(x, y, z, vx, vy, vz, m)
  return { x = x, y = y, z = z, vx = vx, vy = vy, vz = vz, m = m }
end

local function step(bodies, distances)
  local pair = 0
  for i = 1, #bodies do
    local p = bodies[i]
    local x, y, z, m = p.x, p.y, p.z, p.m
    local vx, vy, vz = p.vx, p.vy, p.vz
    for j = i + 1, #bodies do
      local q = bodies[j]
      local dx, dy, dz = x - q.x, y - q.y, z - q.z
      local d2 = dx * dx + dy * dy + dz * dz
      pair = pair + 1
      local guess = distances[pair]
      local distance = (guess + d2 / guess) * 0.5
      distances[pair] = distance
      local pull = 0.01 / (d2 * distance)
      local pull_of_q = q.m * pull
      vx = vx - dx * pull_of_q
      vy = vy - dy * pull_of_q
      vz = vz - dz * pull_of_q
      local pull_of_p = m * pull
      q.vx = q.vx + dx * pull_of_p
      q.vy = q.vy + dy * pull_of_p
      q.vz = q.vz + dz * pull_of_p
    end
    p.vx, p.vy, p.vz = vx, vy, vz
  end
  for i = 1, #bodies do
    local p = bodies[i]
    p.x = p.x + p.vx * 0.01
    p.y = p.y + p.vy * 0.01
    p.z = p.z + p.vz * 0.01
  end
end

return function(n)
  local bodies = {
    body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.478),
    body(4.84, -1.16, -0.1, 0.61, 2.81, -0.03, 0.0377),
    body(8.34, 4.12, -0.4, -1.01, 1.82, 0.01, 0.0113),
    body(12.89, -15.11, -0.22, 1.08, 0.87, -0.01, 0.0017),
    body(15.38, -25.92, 0.18, 0.98, 0.59, -0.03, 0.002),
  }
  local distances = {}
  for pair = 1, 10 do distances[pair] = 10.0 end
  for _ = 1, n do step(bodies, distances) end
  local sum = 0.0
  for i = 1, #bodies do
    local p = bodies[i]
    sum = sum + p.x + p.y + p.z
  end
  sum = sum * 1000000000.0
  return sum < 0 and math.ceil(sum) or math.floor(sum)
end
