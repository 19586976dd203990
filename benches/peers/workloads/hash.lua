return function(n)
  local text = {}
  for i = 0, 1023 do text[i + 1] = (i * 31 + 7) & 255 end
  local hash = 0xcbf29ce484222325
  for _ = 1, n do
    for i = 1, #text do hash = (hash ~ text[i]) * 1099511628211 end
  end
  return hash
end
